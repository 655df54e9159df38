import type { Block, Field, Form, Run, Text } from './card.ts';
import type { Messages } from './messages.ts';
import { plain } from './text.ts';

/** Text that is markup already; any other is escaped where it is put in. */
class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | Html | readonly Html[] | false | undefined;

/** A last word on a page of its own: nothing to fill in. */
export interface NoticePage {
  readonly title: string;
  readonly text: string;
  readonly after?: string;
}

export interface FormPage {
  /** Where the form is sent: the page's own address. */
  readonly action: string;
  /** Comes back with the form, beside the cookie of the same value. */
  readonly nonce: string;
  /** What the form is about, sealed: it comes back with it too. */
  readonly carried: string;
  /** ISO instant. */
  readonly until: string;
}

/** The name of the hidden field that holds {@link FormPage.nonce}. */
export const NONCE_FIELD = 'nonce';
/** The name of the hidden field that holds {@link FormPage.carried}. */
export const CARRIED_FIELD = 'carried';

/** The whole look of these pages. A policy allows it by its hash, and nothing beside it. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1f; --soft: #5c5c66; --paper: #fff; --ground: #f1f1f4; --line: #8a8a94;
  --main: #1f3a93; --on-main: #fff; --bad: #b3261e; --warn: #fff4d6; --warn-ink: #4a3500 }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf1; --soft: #b5b5c0; --paper: #22222a; --ground: #16161b;
  --line: #8a8a94; --main: #a9baff; --on-main: #10173a; --bad: #ffb4ab; --warn: #4a3500; --warn-ink: #ffe9b0 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1.25rem 2rem; background: var(--paper); min-height: 100vh }
@media (min-width: 40rem) { main { margin: 3rem auto; padding: 2rem 2.5rem 2.5rem; border-radius: .75rem; min-height: 0;
  box-shadow: 0 1px 4px rgb(0 0 0 / .2) } }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem }
h2 { font-size: 1.0625rem; margin: 0 0 .25rem }
p, ul, ol, dl { margin: 0 0 1rem }
label { display: block; font-weight: 600; margin-top: 1.25rem }
input { width: 100%; margin-top: .35rem; padding: .65rem .75rem; font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--line); border-radius: .375rem }
input[aria-invalid] { border: 2px solid var(--bad) }
button, .button { display: inline-block; width: 100%; margin-top: 1.75rem; padding: .75rem 1.5rem; font: inherit; font-weight: 600; color: var(--on-main);
  text-align: center; text-decoration: none; background: var(--main); border: 0; border-radius: .375rem; cursor: pointer }
@media (min-width: 40rem) { button, .button { width: auto } }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px }
form + .note { margin-top: 1.25rem }
.hint, .note { color: var(--soft); font-size: .9375rem; margin: .35rem 0 0 }
.error { color: var(--bad); font-weight: 600; margin: .35rem 0 0 }
.errors { border-left: .3rem solid var(--bad); padding: .25rem 0 .25rem 1rem; margin-bottom: 1.25rem }
.errors ul { margin: 0; padding-left: 1.1rem }
.errors a { color: var(--bad) }
.callout { background: var(--warn); color: var(--warn-ink); padding: .65rem .9rem; border-radius: .375rem }
`;

/** A form as a page that works without a script. Its password field is masked, and never has a value. */
export function renderFormPage(m: Messages, form: Form, page: FormPage): string {
  return document(
    m,
    form.title,
    html`${errorSummary(m, form)}${form.body.map(renderBlock)}
<form method="post" action="${page.action}" autocomplete="off">
<input type="hidden" name="${NONCE_FIELD}" value="${page.nonce}">
<input type="hidden" name="${CARRIED_FIELD}" value="${page.carried}">
${form.fields.map(renderField)}
<button type="submit">${form.submit}</button>
</form>
<p class="note">${m.page.validity(m.time(page.until))}</p>`,
  );
}

export function renderNoticePage(m: Messages, notice: NoticePage): string {
  return document(
    m,
    notice.title,
    html`<p role="status">${notice.text}</p>${notice.after !== undefined && html`<p class="note">${notice.after}</p>`}`,
  );
}

/** Leads to `address`, where Slack asks whether the bot may be installed. */
export function renderInstallPage(m: Messages, address: string): string {
  return document(
    m,
    m.install.title,
    html`<p>${m.install.text}</p>
<a class="button" href="${address}">${m.install.button}</a>`,
  );
}

function document(m: Messages, title: string, body: Html): string {
  return html`<!doctype html>
<html lang="${m.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Html(PAGE_STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`.text;
}

/** Read aloud first, and leading to each field that is wrong. */
function errorSummary(m: Messages, form: Form): Html | false {
  const wrong = form.fields.filter(({ error }) => error !== undefined);
  if (form.error === undefined && wrong.length === 0) return false;
  return html`<div class="errors" role="alert">
<h2>${m.page.errorsTitle}</h2>
<ul>${form.error !== undefined && html`<li>${form.error}</li>`}${wrong.map(
    ({ id, error }) => html`<li><a href="#${id}">${error}</a></li>`,
  )}</ul>
</div>`;
}

function renderField(field: Field): Html {
  const hint = field.kind === 'line' ? field.hint : field.placeholder;
  const about = [hint !== undefined && `${field.id}-hint`, field.error !== undefined && `${field.id}-error`];
  const described = about.filter((id) => id !== false).join(' ');
  const required = field.kind === 'line' || field.required;
  return html`<label for="${field.id}">${field.label}</label>
<input id="${field.id}" name="${field.id}" ${typed(field)} autocomplete="off" autocapitalize="none" spellcheck="false"
${required && html` aria-required="true"`}${field.error !== undefined && html` aria-invalid="true"`}${
  described !== '' && html` aria-describedby="${described}"`
}>
${hint !== undefined && html`<p class="hint" id="${field.id}-hint">${hint}</p>`}
${field.error !== undefined && html`<p class="error" id="${field.id}-error">${field.error}</p>`}`;
}

function typed(field: Field): Html {
  switch (field.kind) {
    case 'password':
      return html`type="password"`;
    case 'line':
      return html`type="text" value="${field.value}"`;
    default:
      return field satisfies never;
  }
}

function renderBlock(block: Block): Html {
  switch (block.kind) {
    case 'text':
      return html`<p>${renderText(block.text)}</p>`;
    case 'callout':
      return html`<p class="callout">${renderText(block.text)}</p>`;
    case 'steps':
      return html`<ol>${block.items.map((item) => html`<li>${renderText(item)}</li>`)}</ol>`;
    case 'list':
      return html`<ul>${block.items.map((item) => html`<li>${renderText(item)}</li>`)}</ul>`;
    case 'facts':
      return html`<dl>${block.facts.map(({ label, value }) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>`;
    case 'note':
      return html`<p class="note">${renderText(block.text)}</p>`;
    case 'picture':
      // Nothing is loaded from anywhere.
      return html`<p class="note">${block.alt}</p>`;
    case 'choice': {
      const chosen = block.options.find(({ value }) => value === block.value);
      return html`<p>${block.label} : ${chosen?.label ?? block.value}</p>`;
    }
    default:
      return block satisfies never;
  }
}

function renderText(text: Text): Html[] {
  return text.map((run: Run) => {
    if (typeof run === 'string') return html`${run}`;
    return 'bold' in run ? html`<strong>${run.bold}</strong>` : html`${plain([run])}`;
  });
}

function html(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(literals.map((literal, i) => literal + written(pieces[i])).join(''));
}

function written(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (typeof piece === 'string') return escaped(piece);
  return piece instanceof Html ? piece.text : piece.map(({ text }) => text).join('');
}

function escaped(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? '&#39;',
  );
}
