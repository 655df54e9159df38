import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { filesOf, importsOf } from './sources.ts';

const importersOf = (what: RegExp) =>
  filesOf('src').filter((file) => importsOf(file).some((imported) => what.test(imported)));

test('the procedure imports nothing at all', () => {
  expect(importsOf('src/chorus/procedures/reset.ts')).toEqual([]);
});

test('the procedure, the calendar and the cards do no input or output and read no clock', () => {
  const pure = filesOf('src/cards');
  for (const file of [...pure, 'src/chorus/procedures/reset.ts', 'src/chorus/expiry.ts']) {
    const code = readFileSync(file, 'utf8');
    expect([
      file,
      /\bnew Date\(\)|Date\.now\(|DateTime\.(now|local|utc)\(\)|process\./.exec(code)?.[0],
    ]).toEqual([file, undefined]);
    expect([file, /from 'node:(?!util)/.exec(code)?.[0]]).toEqual([file, undefined]);
  }
});

test('only the connector knows botbuilder, and only slack files know Slack’s packages', () => {
  expect(importersOf(/^botbuilder|^botframework/)).toEqual(['src/bot/teams/connector.ts']);
  for (const file of importersOf(/^@slack\//))
    expect(file).toMatch(/^src\/(bot\/slack|cards\/(block-kit|slack))/);
});

test('only the cipher and the tokens of Teams know jose, and only the store knows Keyv, Redis and LMDB', () => {
  expect(importersOf(/^jose$/).sort()).toEqual([
    'src/bot/teams/signing-keys.ts',
    'src/bot/teams/tokens.ts',
    'src/store/seal.ts',
  ]);
  for (const file of importersOf(/^(keyv|@keyv\/|redis|lmdb)/)) expect(file).toMatch(/^src\/store\//);
});

test('nothing in src knows the demo, the benchmarks or the tests', () => {
  expect(importersOf(/^(demo|bench|test|manifest)\//)).toEqual([]);
});

test('only config.ts reads the environment', () => {
  const readers = filesOf('src').filter((file) => /process\.env\b/.test(readFileSync(file, 'utf8')));
  expect(readers).toEqual(['src/config.ts']);
});
