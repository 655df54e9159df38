import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Block } from '../../src/cards/card.ts';
import { cut, shorten } from '../../src/cards/shorten.ts';
import { anyText } from './arbitrary.ts';

describe('a text', () => {
  test('that fits stays as it is', () => {
    expect(cut('Soumettre', 9)).toBe('Soumettre');
  });

  test('that is too long ends in « … » within the limit', () => {
    expect(cut('Soumettre', 8)).toBe('Soumett…');
  });

  test('loses the space before « … »', () => {
    expect(cut('mot de passe', 8)).toBe('mot de…');
  });

  test('is never cut inside what people see as one character', () => {
    expect(cut('👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 15)).toBe('👩‍👩‍👧‍👦…');
    expect(cut('e\u0301e\u0301', 3)).toBe('e\u0301…');
  });

  test('whatever it holds, is within the limit and begins as it did', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 200 }), (text, limit) => {
        const short = cut(text, limit);
        expect(short.length).toBeLessThanOrEqual(limit);
        expect(short === text || text.startsWith(short.slice(0, -1))).toBe(true);
      }),
    );
  });
});

describe('a body', () => {
  const paragraph = (text: string): Block => ({ kind: 'text', text: [text] });
  const build = (body: readonly Block[]) => JSON.stringify(body);

  test('that fits stays whole', () => {
    const body = [paragraph('un'), paragraph('deux')];
    expect(shorten(body, build, () => true)).toBe(build(body));
  });

  test('that does not fit keeps its longest beginning, with « … » for the rest', () => {
    const body = [paragraph('un'), paragraph('deux'), paragraph('trois')];
    const limit = build([paragraph('un'), paragraph('deux'), paragraph('…')]).length;
    expect(shorten(body, build, (built) => built.length <= limit)).toBe(
      build([paragraph('un'), paragraph('deux'), paragraph('…')]),
    );
  });

  test('keeps the beginning of a list that is too long', () => {
    const list = (n: number): Block => ({ kind: 'list', items: Array.from({ length: n }, () => ['item']) });
    const limit = build([list(7), paragraph('…')]).length;
    expect(shorten([list(1000)], build, (built) => built.length <= limit)).toBe(
      build([list(7), paragraph('…')]),
    );
  });

  test('that fits in no length is a bug that is thrown', () => {
    expect(() => shorten([paragraph('un')], build, () => false)).toThrow(RangeError);
  });
});
