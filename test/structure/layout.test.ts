import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { declaredExportsOf, filesOf, importsOf, nodesOf, type SyntaxNode } from './sources.ts';

const MOST_LINES = 400;
const MOST_METHODS = 15;
const MOST_PARAMETERS = 4;

/** `cli → main → compose → bot, admin → consumers → chorus, cards, store → what is common`: the shell makes programs' tokens. */
const LAYERS = [
  ['cli'],
  ['main'],
  ['compose', 'platform-checks'],
  ['bot', 'admin'],
  ['consumers'],
  ['chorus', 'cards', 'store'],
  ['common'],
] as const;

type Part = (typeof LAYERS)[number][number];

const imports = filesOf('src').flatMap((file) =>
  importsOf(file)
    .filter((imported) => imported.startsWith('src/'))
    .map((imported) => ({ file, imported, arrow: `${file} → ${imported}` })),
);

/** The files of `src` itself are common to all, but for those that start the bot, and the command line's. */
function partOf(file: string): Part {
  if (file === 'src/admin.ts') return 'main';
  const [, , folder = ''] = /^src\/((cli|main|compose|platform-checks)\.ts|([a-z]+)\/)/.exec(file) ?? [];
  const named = folder || /^src\/([a-z]+)\//.exec(file)?.[1];
  return LAYERS.flat().find((part) => part === named) ?? 'common';
}

function layerOf(part: Part): number {
  return LAYERS.findIndex((layer) => (layer as readonly Part[]).includes(part));
}

const importersOf = (what: RegExp) =>
  filesOf('src').filter((file) => importsOf(file).some((imported) => what.test(imported)));

test('imports run downwards only, and never across', () => {
  const upwards = imports
    .map(({ file, imported, arrow }) => ({ from: partOf(file), to: partOf(imported), arrow }))
    .filter(({ from, to }) => from !== to && layerOf(from) >= layerOf(to))
    .map(({ arrow }) => arrow);
  expect(upwards).toEqual([]);
});

test('a platform knows the port, what goes out, the cards and what is kept: nothing of the conversations, nor of the other one', () => {
  const out = imports
    .filter(({ file }) => /^src\/bot\/(teams|slack)\//.test(file))
    .filter(({ file, imported }) => {
      const own = file.split('/').slice(0, 3).join('/');
      const isOurs = imported.startsWith(`${own}/`) || /^src\/bot\/(channel\.ts|outgoing\/)/.test(imported);
      return (
        !isOurs &&
        partOf(imported) !== 'cards' &&
        partOf(imported) !== 'store' &&
        partOf(imported) !== 'common'
      );
    })
    .map(({ arrow }) => arrow);
  expect(out).toEqual([]);
});

test('only compose.ts knows a platform, and what asks both about their secrets', () => {
  const knowing = imports
    .filter(({ imported }) => /^src\/bot\/(teams|slack)\//.test(imported))
    .filter(({ file }) => !/^src\/bot\/(teams|slack)\//.test(file))
    .map(({ file }) => file);
  expect(new Set(knowing)).toEqual(new Set(['src/compose.ts', 'src/platform-checks.ts']));
});

test('the procedure imports nothing but its pauses, and they nothing at all', () => {
  expect(importsOf('src/chorus/procedures/reset.ts')).toEqual(['src/chorus/procedures/pauses.ts']);
  expect(importsOf('src/chorus/procedures/pauses.ts')).toEqual([]);
});

test('the procedure, the calendar and the cards do no input or output and read no clock', () => {
  const pure = filesOf('src/cards');
  for (const file of [...pure, ...filesOf('src/chorus/procedures'), 'src/chorus/expiry.ts']) {
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

test('no two files export something under the same name', () => {
  const files = new Map<string, string[]>();
  for (const file of filesOf('src'))
    for (const name of declaredExportsOf(file)) files.set(name, [...(files.get(name) ?? []), file]);
  expect([...files].filter(([, all]) => all.length > 1)).toEqual([]);
});

test('only config.ts reads the environment', () => {
  const readers = filesOf('src').filter((file) => /process\.env\b/.test(readFileSync(file, 'utf8')));
  expect(readers).toEqual(['src/config.ts']);
});

/** Sentences may be as many as they are. */
const isSentences = (file: string) => /\/messages(\.\w+)?\.ts$/.test(file);

test(`no file has more than ${MOST_LINES} lines`, () => {
  const long = filesOf('src')
    .filter((file) => !isSentences(file))
    .filter((file) => readFileSync(file, 'utf8').trimEnd().split('\n').length > MOST_LINES);
  expect(long).toEqual([]);
});

test(`no class has more than ${MOST_METHODS} methods`, () => {
  const large = filesOf('src').flatMap((file) =>
    nodesOf(file)
      .filter(({ type }) => type === 'ClassDeclaration' || type === 'ClassExpression')
      .filter(({ body }) => body.filter(isMethod).length > MOST_METHODS)
      .map(({ identifier }) => `${file} ${identifier?.value}`),
  );
  expect(large).toEqual([]);
});

test(`no function takes more than ${MOST_PARAMETERS} parameters by their position`, () => {
  const many = filesOf('src').flatMap((file) =>
    nodesOf(file)
      .filter((node) => parametersOf(node).length > MOST_PARAMETERS)
      .map((node) => `${file} ${node.identifier?.value ?? node.key?.value ?? 'constructor'}`),
  );
  expect(many).toEqual([]);
});

function isMethod({ type }: SyntaxNode): boolean {
  return type === 'ClassMethod' || type === 'PrivateMethod';
}

/** A method's own stand in a node without a name of its own. */
function parametersOf(node: SyntaxNode): readonly unknown[] {
  if (isMethod(node)) return node.function.params;
  const isFunction = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|Constructor)$/.test(
    node.type,
  );
  return isFunction ? node.params : [];
}
