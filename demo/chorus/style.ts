/** The pages' only style sheet: sober, blue on white, from a phone's width up. */
export const STYLE = `
:root { --blue: #000091; --pale: #f5f5fe; --grey: #666; --line: #ddd; --red: #ce0500; --green: #18753c;
  --side: max(1rem, calc((100vw - 64rem) / 2 + 1rem)); }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, "Liberation Sans", Arial, sans-serif; color: #161616; }
a { color: var(--blue); text-underline-offset: .2em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid #0a76f6; outline-offset: 2px; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.125rem; margin: 0 0 .25rem; }
main { padding: 2rem var(--side) 4rem; overflow-wrap: anywhere; }
.banner { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; justify-content: space-between;
  background: #ffe552; padding: .5rem var(--side); }
.banner span { display: flex; gap: 1.5rem; }
.banner a { color: inherit; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; justify-content: space-between;
  padding: 1rem var(--side); border-bottom: 1px solid var(--line); }
.brand { margin: 0; font-size: 1.25rem; font-weight: 700; color: var(--blue); }
.who { display: flex; align-items: center; gap: 1rem; }
nav { display: flex; flex-wrap: wrap; padding: 0 calc(var(--side) - 1rem); }
.audiences { background: var(--pale); font-size: .875rem; }
.audiences span { padding: .5rem 1rem; color: var(--grey); }
.audiences .here { color: var(--blue); background: #fff; font-weight: 700; }
.menu { border-bottom: 1px solid var(--line); }
.menu a { padding: .75rem 1rem; text-decoration: none; font-size: .875rem; color: inherit; }
.menu a:hover { background: var(--pale); }
.menu [aria-current] { color: var(--blue); font-weight: 700; box-shadow: inset 0 -3px var(--blue); }
.trail, .small { color: var(--grey); font-size: .875rem; }
.trail { margin-top: 0; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 1.5rem; padding: 0; list-style: none; }
.cards li { display: flex; flex-direction: column; padding: 1.5rem; border: 1px solid var(--line);
  border-bottom: 4px solid var(--blue); }
.cards h2 { color: var(--blue); }
.cards p { margin: 0 0 1rem; color: var(--grey); flex: 1; }
label { display: block; font-weight: 500; margin: 1.25rem 0 .25rem; }
.star { color: var(--red); }
input, select { width: 100%; font: inherit; padding: .5rem 1rem; color: inherit; background: #eee; border: 0;
  border-radius: 4px 4px 0 0; box-shadow: inset 0 -2px #3a3a3a; }
select { max-width: 40rem; text-overflow: ellipsis; }
.narrow { max-width: 26rem; }
button { font: inherit; font-weight: 500; margin-top: 1.5rem; padding: .5rem 1.25rem; color: #fff; background: var(--blue); border: 0;
  cursor: pointer; }
button:hover { background: #1212ff; }
.quiet { margin: 0; padding: .25rem .75rem; font-size: .875rem; color: var(--blue); background: none; box-shadow: inset 0 0 0 1px var(--line); }
.quiet:hover { background: var(--pale); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 1rem 0 0; }
dt { color: var(--grey); }
dd { margin: 0; }
.alert, .done { padding: .75rem 1rem; border-left: 4px solid var(--red); background: #ffe9e9; }
.done { border-color: var(--green); background: #dffee6; }
main aside { margin-top: 2.5rem; padding: 1.25rem 1.5rem; background: var(--pale); max-width: 40rem; }
main aside p { margin: 0; }
main aside ul { margin: .75rem 0 0; padding: 0; list-style: none; display: grid; gap: 1rem; }
.secret { margin: 1.5rem 0; padding: 1rem 1.25rem; max-width: 40rem; border: 3px solid var(--red); outline: 0; }
.secret p { margin: 0; }
.secret label { margin-top: .75rem; }
output { display: inline-block; font: 1.5rem/1.4 "Liberation Mono", ui-monospace, monospace; user-select: all; }
section { margin-top: 2rem; }
table { width: 100%; overflow-wrap: normal; margin-top: .75rem; border-collapse: collapse; font-size: .875rem; }
th, td { padding: .625rem .5rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { background: var(--pale); border-bottom: 2px solid var(--blue); }
@media (max-width: 64rem) {
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { border-top: 2px solid var(--blue); }
  td { display: grid; overflow-wrap: anywhere; grid-template-columns: 9rem 1fr; gap: .75rem; padding-inline: 0; }
  td::before { content: attr(data-label); color: var(--grey); }
}
.mails { padding: 0; list-style: none; border-top: 1px solid var(--line); }
.mails li { padding: .875rem 0; border-bottom: 1px solid var(--line); }
.mails a { font-weight: 700; }
.mails p { margin: .125rem 0 0; color: var(--grey); font-size: .875rem; }
`;
