import type { Block, Field, Form, Run, Text } from './card.ts';
import { type Html, html, htmlDocument } from './html-document.ts';
import type { Messages } from './messages.ts';
import { plain } from './text.ts';

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

/** A form as a page that works without a script. Its password field is masked, and never has a value. */
export function renderFormPage(m: Messages, form: Form, page: FormPage): string {
  return htmlDocument(
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
  return htmlDocument(
    m,
    notice.title,
    html`<p role="status">${notice.text}</p>${notice.after !== undefined && html`<p class="note">${notice.after}</p>`}`,
  );
}

/** Leads to `address`, where Slack asks whether the bot may be installed. */
export function renderInstallPage(m: Messages, address: string): string {
  return htmlDocument(
    m,
    m.install.title,
    html`<p>${m.install.text}</p>
<a class="button" href="${address}">${m.install.button}</a>`,
  );
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
  if (field.kind === 'choice') return renderChoice(field);
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

function renderChoice({ id, label, value, options, error }: Extract<Field, { kind: 'choice' }>): Html {
  return html`<fieldset id="${id}"><legend>${label}</legend>
${options.map(
  (option) => html`<label><input type="radio" name="${id}" value="${option.value}"${
    option.value === value && html` checked`
  }> ${option.label}</label>
`,
)}${error !== undefined && html`<p class="error" id="${id}-error">${error}</p>`}</fieldset>`;
}

function typed(field: Exclude<Field, { kind: 'choice' }>): Html {
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
