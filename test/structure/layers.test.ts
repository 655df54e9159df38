import { expect, test } from '@jest/globals';
import { filesOf, importsOf } from './sources.ts';

/** `main → compose → bot, admin → consumers → chorus, cards, store → what is common`: the shell makes programs' tokens. */
const LAYERS = [
  ['main'],
  ['compose'],
  ['bot', 'admin'],
  ['consumers'],
  ['chorus', 'cards', 'store'],
  ['common'],
] as const;

type Part = (typeof LAYERS)[number][number];

/** What does not keep to it yet. The list may only become shorter: an entry that is no longer needed fails too. */
const UPWARDS: Readonly<Record<string, string>> = {
  'src/admin/shell.ts → src/bot/reset/record.ts':
    'the type of what is kept of a reset, which could stand beside what keeps it',
  'src/config.ts → src/chorus/client.ts': 'the type of what the client is given',
  'src/explain.ts → src/store/store.ts': 'what it makes of a store that cannot be reached is told everywhere',
  'src/explain.ts → src/store/trouble.ts': 'the sentence for what is wrong with a store',
  'src/pictures.ts → src/cards/walk-cards.ts': 'the names of the pictures, which the cards know',
};
const OUT_OF_A_PLATFORM: Readonly<Record<string, string>> = {
  'src/bot/slack/install-pages.ts → src/bot/pages.ts':
    'the headers of the bot’s own pages, which are common to it and the masked page',
};

const imports = filesOf('src').flatMap((file) =>
  importsOf(file)
    .filter((imported) => imported.startsWith('src/'))
    .map((imported) => ({ file, imported, arrow: `${file} → ${imported}` })),
);

/** The files of `src` itself are common to all, but for the two that start the bot, and the command line's. */
function partOf(file: string): Part {
  const [, , folder = ''] = /^src\/((main|compose|admin)\.ts|([a-z]+)\/)/.exec(file) ?? [];
  const named = folder || /^src\/([a-z]+)\//.exec(file)?.[1];
  return LAYERS.flat().find((part) => part === named) ?? 'common';
}

function layerOf(part: Part): number {
  return LAYERS.findIndex((layer) => (layer as readonly Part[]).includes(part));
}

test('imports run downwards only, and never across', () => {
  const upwards = imports
    .map(({ file, imported, arrow }) => ({ from: partOf(file), to: partOf(imported), arrow }))
    .filter(({ from, to }) => from !== to && layerOf(from) >= layerOf(to))
    .map(({ arrow }) => arrow);
  expect(upwards).toEqual(Object.keys(UPWARDS));
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
  expect(out).toEqual(Object.keys(OUT_OF_A_PLATFORM));
});

test('only compose.ts knows a platform', () => {
  const knowing = imports
    .filter(({ imported }) => /^src\/bot\/(teams|slack)\//.test(imported))
    .filter(({ file }) => !/^src\/bot\/(teams|slack)\//.test(file))
    .map(({ file }) => file);
  expect(new Set(knowing)).toEqual(new Set(['src/compose.ts']));
});
