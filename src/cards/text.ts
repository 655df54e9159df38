import type { Run, Text } from './card.ts';

/**
 * Writes a paragraph as the seeds do, with `**` around what is bold.
 *
 * Only the literal parts are read for `**`: a value put in between stays what it is, whatever it holds.
 */
export function text(literals: TemplateStringsArray, ...values: readonly (string | number)[]): Text {
  const runs: Run[] = [];
  let bold = false;
  const add = (part: string) => {
    if (part !== '') runs.push(bold ? { bold: part } : part);
  };
  literals.forEach((literal, i) => {
    literal.split('**').forEach((part, j) => {
      if (j > 0) bold = !bold;
      add(part);
    });
    const value = values[i];
    if (value !== undefined) add(String(value));
  });
  return runs;
}

/** The same paragraph without its bold, for notifications and screen readers. */
export function plain(paragraph: Text): string {
  return paragraph
    .map((run) => (typeof run === 'string' ? run : 'bold' in run ? run.bold : run.link))
    .join('');
}
