const NO_BREAK = '\u00A0';

/**
 * A straight apostrophe; or a blank before « : ; ? ! », inside French quotation marks, between a number and its unit, or
 * after « n° ».
 */
const MARKS =
  /'| (?=[:;?!»%])|(?<=«) |(?<=(?<!\d)\d{1,3}(?:er)?) (?=(?:h|min|jours?|heures?|minutes?|secondes?|semaines?|mois|ans?|comptes?|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)(?!\p{L}))|(?<=\d h) (?=\d)|(?<=n°) /gu;

/** An address is never changed. */
const ADDRESS = /https?:\/\/\S+/g;

/**
 * All that these sentences say, with the marks that a careful editor sets: ’ for an apostrophe, and blanks that do not
 * break. U+00A0 everywhere, also where print sets a narrow one: every font has it.
 *
 * For a whole language at once, texts, paragraphs and functions, so that no sentence can be forgotten. What is put into
 * a sentence (a name, a login) stays to the letter, and so do `verbatim` and addresses.
 */
export function typeset<Value>(value: Value, verbatim: readonly string[]): Value {
  return typesetUnknown(value, verbatim) as Value;
}

function typesetUnknown(value: unknown, verbatim: readonly string[]): unknown {
  if (typeof value === 'string') return typesetText(value, verbatim);
  if (typeof value === 'function')
    return (...given: readonly unknown[]) =>
      typesetUnknown(value(...given), [...given.flatMap(textsOf), ...verbatim] as string[]);
  if (Array.isArray(value)) return value.map((one) => typesetUnknown(one, verbatim));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === 'url' ? inner : typesetUnknown(inner, verbatim),
    ]),
  );
}

function typesetText(text: string, verbatim: readonly string[]): string {
  const kept = [...verbatim.flatMap((words) => rangesOf(text, words)), ...addressesIn(text)];
  return text.replace(MARKS, (found, offset: number) => {
    if (kept.some(([start, end]) => start <= offset && offset < end)) return found;
    return found === "'" ? '’' : NO_BREAK;
  });
}

/** A name that is put in, or the texts of what is. */
function textsOf(given: unknown): unknown[] {
  const all = typeof given === 'object' && given !== null ? Object.values(given) : [given];
  return all.filter((one) => typeof one === 'string' && one !== '');
}

type Range = readonly [start: number, end: number];

function rangesOf(text: string, words: string): Range[] {
  const ranges: Range[] = [];
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length))
    ranges.push([at, at + words.length]);
  return ranges;
}

function addressesIn(text: string): Range[] {
  return [...text.matchAll(ADDRESS)].map(({ index, 0: { length } }) => [index, index + length]);
}
