import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';

/** Every import of every file of a folder, as `[file, what it imports]`; relative ones from the root. */
function importsOf(folder: string): [file: string, imported: string][] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.flatMap((name): [string, string][] => {
    const file = join(folder, name);
    const code = readFileSync(file, 'utf8');
    return [...code.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, imported = '']) => [
      file,
      imported.startsWith('.') ? normalize(join(dirname(file), imported)) : imported,
    ]);
  });
}

const imports = importsOf('src');
const importersOf = (what: RegExp) => [
  ...new Set(imports.filter(([, it]) => what.test(it)).map(([file]) => file)),
];

/** What every room may use: the carrier of secrets, and who may read a file. */
const SHARED = /^src\/(secret|refusal|private-file|invisible|deadline)\.ts$/;

test.each(['chorus', 'cards', 'store'])('%s is a leaf: it imports no other room', (room) => {
  const strangers = imports
    .filter(([file]) => file.startsWith(`src/${room}/`))
    .filter(([, imported]) => imported.startsWith('src/') && !imported.startsWith(`src/${room}/`))
    .filter(([, imported]) => !SHARED.test(imported));
  expect(strangers).toEqual([]);
});

test('what the bot stands on does not know the bot', () => {
  const upwards = imports.filter(
    ([file, imported]) =>
      /^src\/(chorus|cards|store)\/|^src\/(ticker|config|config\/\w+|explain|http|invisible|log|metrics|output|person|pictures|private-file|refusal|secret)\.ts$/.test(
        file,
      ) && /^src\/(bot|admin|compose|main)\b/.test(imported),
  );
  expect(upwards).toEqual([]);
});

test('the procedure imports nothing at all', () => {
  expect(imports.filter(([file]) => file === 'src/chorus/procedures/reset.ts')).toEqual([]);
});

test('the procedure, the calendar and the cards do no input or output and read no clock', () => {
  const pure = readdirSync('src/cards').map((name) => `src/cards/${name}`);
  for (const file of [...pure, 'src/chorus/procedures/reset.ts', 'src/chorus/expiry.ts']) {
    const code = readFileSync(file, 'utf8');
    expect([
      file,
      /\bnew Date\(\)|Date\.now\(|DateTime\.(now|local|utc)\(\)|process\./.exec(code)?.[0],
    ]).toEqual([file, undefined]);
    expect([file, /from 'node:(?!util)/.exec(code)?.[0]]).toEqual([file, undefined]);
  }
});

test('only teams.ts knows botbuilder, and only slack files know Slack’s packages', () => {
  expect(importersOf(/^botbuilder|^botframework/)).toEqual(['src/bot/teams/channel.ts']);
  for (const file of importersOf(/^@slack\//))
    expect(file).toMatch(/^src\/(bot\/slack|cards\/(block-kit|slack))/);
});

test('only the cipher knows jose, and only the store knows Keyv, Redis and LMDB', () => {
  expect(importersOf(/^jose$/)).toEqual(['src/store/seal.ts']);
  for (const file of importersOf(/^(keyv|@keyv\/|redis|lmdb)/)) expect(file).toMatch(/^src\/store\//);
});

test('nothing in src knows the demo, the benchmarks or the tests', () => {
  expect(imports.filter(([, imported]) => /^(demo|bench|test|manifest)\//.test(imported))).toEqual([]);
});

test('only config.ts reads the environment', () => {
  const readers = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => /process\.env\b/.test(readFileSync(join('src', name), 'utf8')));
  expect(readers).toEqual(['config.ts']);
});
