import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const architecture = readFileSync('docs/architecture.md', 'utf8');

/** « `src/…ts` `name` » is a station of a walk; a file alone may stand anywhere. */
const stations = [...architecture.matchAll(/`(src\/[\w./-]+\.ts)` `(\w+)`/g)].map(([, file, name]) => ({
  file: file ?? '',
  name: name ?? '',
}));
const files = [...architecture.matchAll(/`((?:src|test|docs)\/[\w./-]+\.\w+)`/g)].map(
  ([, file]) => file ?? '',
);

test('three walks are told, each with a function at nearly every station', () => {
  expect([...architecture.matchAll(/<!-- walk: (\w+) -->/g)].map(([, name]) => name)).toEqual([
    'click',
    'password',
    'reminder',
  ]);
  expect(stations.length).toBeGreaterThan(15);
});

test.each(stations)('$name is in $file', ({ file, name }) => {
  expect(readFileSync(file, 'utf8')).toMatch(
    new RegExp(`(function|class|interface) ${name}\\b|^ {2}(async |static |abstract )*#?${name}[(<]`, 'm'),
  );
});

test.each([...new Set(files)])('%s is there', (file) => {
  expect(existsSync(file)).toBe(true);
});
