import fc from 'fast-check';

/** UTF-16 keeps these for its pairs: alone they are no characters. */
const SURROGATES = { first: 0xd800, count: 0x800 };
const LAST_CODE_POINT = 0x10ffff;

/**
 * Any character of Unicode, for `fc.string({ unit: anyCharacter })`. It is what fast-check's own `binary` gives, without the
 * table of 1.1 million characters that it makes first, in each test file, for one or two seconds.
 */
export const anyCharacter = fc
  .integer({ min: 0, max: LAST_CODE_POINT - SURROGATES.count })
  .map(characterOf, numberOf);

function characterOf(number: number): string {
  return String.fromCodePoint(number < SURROGATES.first ? number : number + SURROGATES.count);
}

/** With this, fast-check also tries texts like `__proto__`, as it does with its own characters. */
function numberOf(character: unknown): number {
  const code = typeof character === 'string' ? character.codePointAt(0) : undefined;
  if (code === undefined || String.fromCodePoint(code) !== character) throw new Error('not one character');
  return code < SURROGATES.first ? code : code - SURROGATES.count;
}
