import { describe, expect, test } from '@jest/globals';
import { filesOf, nodesOf } from './sources.ts';

/**
 * Every pattern of the program, on what somebody could send to keep it busy for long. A pattern that tries each beginning
 * against the whole rest takes a second and more for these; any other one takes less than a thousandth of that.
 */
const LENGTH = 50_000;
const TOO_LONG_MS = 500;

/** What is repeated, besides the characters that the pattern itself names. */
const REPEATED = [
  ' ',
  '\t',
  '!',
  'a',
  'A',
  '0',
  'é',
  '\u0301',
  '\u200b',
  ' a',
  'a ',
  ':a',
  '-a',
  '.a',
  '<',
  '<a',
  '&',
];
/** What comes after it, and fails. */
const ENDS = ['', '\u0000', 'a', '!', '>'];

interface Pattern {
  readonly file: string;
  readonly source: string;
  readonly regex: RegExp;
}

const patterns: Pattern[] = filesOf('src').flatMap((file) =>
  nodesOf(file)
    .filter(({ type }) => type === 'RegExpLiteral')
    .map(({ pattern, flags }) => ({
      file,
      source: `/${pattern}/${flags}`,
      regex: new RegExp(pattern, flags),
    })),
);

/** What the pattern itself is made of: its words, its characters, and pairs of them. */
function partsOf(source: string): string[] {
  const words = source.match(/[a-z<>:]{2,}/gi) ?? [];
  const characters = [...new Set(source.replace(/\\[a-z]|\\p\{\w+\}/gi, ''))].filter((one) =>
    /[^a-z0-9\\^$|()]/i.test(one),
  );
  return [...words, ...words.map((word) => `${word} `), ...characters, ...characters.map((one) => `${one}a`)];
}

function longestMs({ regex, source }: Pattern): number {
  let longest = 0;
  for (const part of new Set([...REPEATED, ...partsOf(source)])) {
    for (const end of ENDS) {
      const text = part.repeat(LENGTH / part.length) + end;
      // A machine that has other things to do is asked again.
      for (let tries = 0, ms = Number.POSITIVE_INFINITY; tries < 3 && ms > TOO_LONG_MS; tries++) {
        const started = performance.now();
        if (regex.global) text.replace(regex, '');
        else regex.test(text);
        ms = performance.now() - started;
        if (ms <= TOO_LONG_MS || tries === 2) longest = Math.max(longest, ms);
      }
      if (longest > TOO_LONG_MS) return longest;
    }
  }
  return longest;
}

test('there are patterns to try', () => {
  expect(patterns.length).toBeGreaterThan(80);
});

describe('no pattern takes long on hostile text', () => {
  test.each([...new Map(patterns.map((each) => [`${each.file} ${each.source}`, each]))])(
    '%s',
    (_name, pattern) => {
      expect(longestMs(pattern)).toBeLessThan(TOO_LONG_MS);
    },
  );
});
