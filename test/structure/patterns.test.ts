import { describe, expect, test } from '@jest/globals';
import { checkSync } from 'recheck';
import { filesOf, nodesOf } from './sources.ts';

interface Pattern {
  readonly pattern: string;
  readonly flags: string;
}

/** Each pattern of the program once, with the files it stands in. */
const patterns = new Map<string, Pattern & { readonly files: string[] }>();
for (const file of filesOf('src')) {
  for (const { type, pattern, flags } of nodesOf(file)) {
    if (type !== 'RegExpLiteral') continue;
    const source = `/${pattern}/${flags}`;
    patterns.set(source, { pattern, flags, files: [...(patterns.get(source)?.files ?? []), file] });
  }
}

/**
 * The search counts steps. It takes milliseconds for a pattern that is all right, and for some others it would not end: one that
 * is not judged by then is to be written more simply.
 */
const LIMITS = { timeout: 60_000, attackTimeout: null, incubationTimeout: null, seedingTimeout: null };

function complexityOf({ pattern, flags }: Pattern): string {
  const diagnostics = checkSync(pattern, flags, LIMITS);
  return diagnostics.status === 'unknown' ? diagnostics.error.kind : diagnostics.complexity.type;
}

describe('a pattern takes a time that grows no faster than the text it is tried on', () => {
  test('there are patterns to look at', () => {
    expect(patterns.size).toBeGreaterThan(80);
  });

  test.each([...patterns])('%s', (_source, pattern) => {
    const grows = !['safe', 'linear'].includes(complexityOf(pattern));
    expect(grows ? pattern.files : []).toEqual([]);
  });
});

test.each(['<at\\b[^>]*>.*?<\\/at>', '[\\s!]+$', '<@[^>]*>', '^(\\w+\\s?)*$'])(
  'a pattern that is tried again from each place in a text is found: /%s/',
  (pattern) => {
    expect(['polynomial', 'exponential']).toContain(complexityOf({ pattern, flags: 's' }));
  },
);

test('no pattern is put together at run time, where nobody looks at it', () => {
  const made = filesOf('src').filter((file) =>
    nodesOf(file).some(({ type, callee }) => type === 'NewExpression' && callee.value === 'RegExp'),
  );
  expect(made).toEqual([]);
});
