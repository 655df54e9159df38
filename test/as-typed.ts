/**
 * Words as tests write them, with the straight apostrophe and ordinary blanks. The bot shows others, which
 * `test/cards/typography.test.ts` looks at once for all.
 */
export function asTyped(words: string): string {
  return words.replaceAll('’', "'").replaceAll('\u00A0', ' ');
}
