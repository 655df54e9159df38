import { describe, expect, test } from '@jest/globals';
import { escapeInvisible, hasInvisible, visibleName, withoutInvisible } from '../src/invisible.ts';

/** What a terminal obeys, what ends a line, what turns the writing, what has no width, half of a pair. */
const KINDS: readonly [string, string][] = [
  ['an escape', '\u001b'],
  ['a bell', '\u0007'],
  ['nothing at all', '\u0000'],
  ['a delete', '\u007f'],
  ['a control of the upper half', '\u009b'],
  ['a line end', '\n'],
  ['a carriage return', '\r'],
  ['a separator of lines', '\u2028'],
  ['a separator of paragraphs', '\u2029'],
  ['an override from right to left', '\u202e'],
  ['an isolate', '\u2066'],
  ['a mark from right to left', '\u200f'],
  ['an Arabic letter mark', '\u061c'],
  ['a space without width', '\u200b'],
  ['a joiner without width', '\u200d'],
  ['a byte order mark', '\ufeff'],
  ['a soft hyphen', '\u00ad'],
  ['a Hangul filler', '\u3164'],
  ['a tag', '\u{e0041}'],
  ['half of a pair', '\ud83d'],
];

describe.each(KINDS)('%s', (_name, character) => {
  test('is seen, escaped and taken out', () => {
    const name = `Commune${character}de Sète`;
    expect(hasInvisible(name)).toBe(true);
    expect(escapeInvisible(name)).toMatch(/^Commune(\\u[0-9a-f]{4}){1,2}de Sète$/);
    expect(JSON.parse(`"${escapeInvisible(name)}"`)).toBe(name);
    expect(visibleName(name)).toMatch(/^Commune ?de Sète$/);
    expect(hasInvisible(visibleName(name))).toBe(false);
  });
});

test('what people write in names stays as it is', () => {
  for (const name of ['Commune de L’Haÿ-les-Roses', 'Zoë 🐝', '日本', 'محمد', 'Îlot « Nº 3 » — A & B']) {
    expect(hasInvisible(name)).toBe(false);
    expect(escapeInvisible(name)).toBe(name);
    expect(visibleName(name)).toBe(name);
  }
});

test('a name is on one line, without blanks at its ends, and no longer than names are', () => {
  expect(visibleName(' Camille\r\n\tDurand ')).toBe('Camille Durand');
  expect(visibleName('x'.repeat(1_000_000))).toHaveLength(200);
  expect(withoutInvisible('a\n\u200bb')).toBe('a b');
});
