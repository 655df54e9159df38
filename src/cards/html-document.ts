import type { Messages } from './messages.ts';

/** Text that is markup already; any other is escaped where it is put in. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | Html | readonly Html[] | false | undefined;

/** The whole look of these pages. A policy allows it by its hash, and nothing beside it. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1f; --soft: #5c5c66; --paper: #fff; --ground: #f1f1f4; --line: #8a8a94;
  --main: #1f3a93; --on-main: #fff; --bad: #b3261e; --warn: #fff4d6; --warn-ink: #4a3500 }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf1; --soft: #b5b5c0; --paper: #22222a; --ground: #16161b;
  --line: #8a8a94; --main: #a9baff; --on-main: #10173a; --bad: #ffb4ab; --warn: #4a3500; --warn-ink: #ffe9b0 } }
* { box-sizing: border-box }
[hidden] { display: none !important }
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
fieldset { margin: 1.25rem 0 0; padding: .25rem 1rem .75rem; border: 1px solid var(--line); border-radius: .375rem }
legend { font-weight: 600; padding: 0 .35rem }
fieldset label { font-weight: normal; margin-top: .5rem }
input[type=radio] { width: auto; margin: 0 .35rem 0 0 }
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

/** A whole page of the bot's own. `script` runs where the answer's policy has its hash. */
export function htmlDocument(m: Messages, title: string, body: Html, script?: string): string {
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
</main>${script !== undefined && html`<script>${new Html(script)}</script>`}
</body>
</html>
`.text;
}

export function html(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
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
