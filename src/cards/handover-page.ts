import { type Html, html, htmlDocument } from './html-document.ts';
import { CHORUS, type Messages } from './messages.ts';

/** Before anything is taken: whose password it is, and until when the page holds. No password is in it. */
export interface HandoverView {
  readonly structure: string;
  readonly login: string;
  /** What the page is about is no production. */
  readonly isQualification: boolean;
  /** Where the form is sent: the page's own address. */
  readonly action: string;
  /** Comes back with the form, beside the cookie of the same value. */
  readonly nonce: string;
  /** ISO instant. */
  readonly until: string;
  /** How long that is from now. */
  readonly leftMs: number;
}

/** How long a shown password stays readable before it is masked again. */
const MASKED_AFTER_MS = 60_000;

/**
 * Runs on the page before the password is taken. It asks for the password by a POST, keeps it in memory only, masks it
 * again after a minute, and drops it at « Terminé », at the end of the page's time and when the page is left.
 */
export const HANDOVER_SCRIPT = `
const form = document.querySelector('form');
const field = document.querySelector('#password');
const word = document.querySelector('[role=status]');
const texts = form.dataset;
const buttons = Object.fromEntries([...form.querySelectorAll('button')].map((b) => [b.value || b.name, b]));
let password;
let masking;
const say = (text) => { word.textContent = text; };
const mask = () => {
  clearTimeout(masking);
  field.type = 'password';
  buttons.show.textContent = texts.show;
};
const unmask = () => {
  field.type = 'text';
  buttons.show.textContent = texts.hide;
  clearTimeout(masking);
  masking = setTimeout(() => { mask(); say(texts.masked); }, ${MASKED_AFTER_MS});
};
const drop = (text) => {
  clearTimeout(masking);
  password = undefined;
  field.value = '';
  field.type = 'password';
  for (const button of Object.values(buttons)) button.disabled = true;
  say(text);
  word.focus();
};
const take = async () => {
  if (password !== undefined) return true;
  say(texts.asking);
  const answer = await fetch(form.action, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(new FormData(form)),
    cache: 'no-store',
    redirect: 'error',
  }).catch(() => undefined);
  const given = await answer?.json().catch(() => undefined);
  if (typeof given?.password !== 'string') {
    drop(given?.text ?? texts.failed);
    return false;
  }
  password = given.password;
  field.value = password;
  buttons.done.hidden = false;
  return true;
};
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (field.type === 'text') return mask();
  if (await take()) { unmask(); say(texts.shown); }
});
buttons.copy.hidden = false;
buttons.copy.addEventListener('click', async () => {
  if (!(await take())) return;
  try {
    await navigator.clipboard.writeText(password);
    say(texts.copied);
  } catch {
    unmask();
    field.select();
    say(texts.selected);
  }
});
buttons.done.addEventListener('click', () => drop(texts.over));
setTimeout(() => drop(texts.ended), Number(texts.leftMs));
addEventListener('pagehide', () => drop(texts.over));
`;

/** The page that a link opens. Without a script its button answers with {@link renderHandedOver}. */
export function renderHandoverPage(m: Messages, view: HandoverView): string {
  const { handover } = m;
  return htmlDocument(
    m,
    handover.title,
    html`${qualification(view)}<p>${handover.about(view.structure, view.login)}</p>
<form method="post" action="${view.action}" autocomplete="off" data-left-ms="${String(view.leftMs)}" data-show="${handover.show}"
data-hide="${handover.hide}" data-asking="${handover.asking}" data-shown="${handover.shown}"
data-copied="${handover.copied}" data-selected="${handover.selected}" data-masked="${handover.masked}"
data-over="${handover.over}" data-ended="${handover.ended}" data-failed="${handover.failed}">
<input type="hidden" name="nonce" value="${view.nonce}">
<label for="password">${handover.label}</label>
<input id="password" type="password" readonly autocomplete="off" spellcheck="false" autocapitalize="none" aria-describedby="once">
<p class="hint" id="once">${handover.once}</p>
<button type="submit" value="show">${handover.show}</button>
<button type="button" value="copy" hidden>${handover.copy}</button>
<button type="button" value="done" hidden>${handover.done}</button>
</form>
<p role="status" tabindex="-1"></p>
<p class="note">${handover.validity(m.time(view.until))}</p>`,
    HANDOVER_SCRIPT,
  );
}

/** The answer for a browser without a script: the password, on a page that no browser keeps. */
export function renderHandedOver(
  m: Messages,
  view: Pick<HandoverView, 'structure' | 'login' | 'isQualification'>,
  password: string,
): string {
  const { handover } = m;
  return htmlDocument(
    m,
    handover.title,
    html`${qualification(view)}<p>${handover.about(view.structure, view.login)}</p>
<label for="password">${handover.label}</label>
<input id="password" type="text" readonly value="${password}" autocomplete="off" spellcheck="false">
<p class="note">${handover.closeAfterwards}</p>`,
  );
}

function qualification({ isQualification }: Pick<HandoverView, 'isQualification'>): Html | false {
  return isQualification && html`<p class="callout"><strong>${CHORUS.qualification}</strong></p>`;
}
