import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

let folder: string;
let store: Store;
let journal: Journal;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  store = await openStore(`lmdb:${folder}`);
  journal = new Journal(store);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const at = new Date('2025-01-05T12:00:00.000Z');

async function append(...whats: string[]): Promise<void> {
  for (const what of whats) await journal.append({ at, who: 'teams:t:camille', what, account: 'a@cpro.fr' });
}

async function tamper(key: string, change: (value: never) => unknown): Promise<void> {
  const found = await store.read<never>(key);
  if (found === undefined) throw new Error(`${key} is not there`);
  await store.write(key, change(found.value), found.version);
}

function entry(number: number): string {
  return `journal/entry/${String(number).padStart(12, '0')}`;
}

describe('the journal', () => {
  test('gives the latest entries, newest first', async () => {
    await append('one', 'two', 'three');
    expect(await journal.entries({ limit: 2 })).toEqual([
      { at: at.toISOString(), who: 'teams:t:camille', what: 'three', account: 'a@cpro.fr' },
      { at: at.toISOString(), who: 'teams:t:camille', what: 'two', account: 'a@cpro.fr' },
    ]);
    expect(await journal.entries({ limit: 10 })).toHaveLength(3);
  });

  test('that is empty is whole', async () => {
    expect(await journal.verify()).toEqual({ whole: true, count: 0 });
    expect(await journal.entries({ limit: 10 })).toEqual([]);
  });

  test('keeps every entry of many who write at once, and is whole', async () => {
    const other = new Journal(store);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? journal : other).append({ at, who: 'x', what: `${index}` }),
      ),
    );
    expect(await journal.verify()).toEqual({ whole: true, count: 20 });
    const whats = (await journal.entries({ limit: 20 })).map(({ what }) => Number(what));
    expect(whats.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  test('goes on after a writer that died between the entry and the head', async () => {
    await append('one');
    const head = await store.read('journal/head');
    await append('two');
    await tamper('journal/head', () => head?.value);
    await append('three');
    expect(await journal.verify()).toEqual({ whole: true, count: 3 });
    expect((await journal.entries({ limit: 3 })).map(({ what }) => what)).toEqual(['three', 'two', 'one']);
  });

  test.each(['at', 'who', 'what', 'account', 'from'])(
    'in which “%s” of an entry was changed is not whole',
    async (field) => {
      await append('one', 'two', 'three');
      await tamper(entry(2), (link: { entry: object }) => ({
        ...link,
        entry: { ...link.entry, [field]: 'changed' },
      }));
      expect(await journal.verify()).toEqual({ whole: false, brokenAt: 2 });
    },
  );

  test('in which an entry was taken out is not whole', async () => {
    await append('one', 'two', 'three');
    await store.remove(entry(2), 1);
    expect(await journal.verify()).toEqual({ whole: false, brokenAt: 2 });
  });

  test('in which the last entry was replaced with its own hash is not whole', async () => {
    await append('one', 'two', 'three');
    const forged = await store.read(entry(2));
    await tamper(entry(3), () => forged?.value);
    expect(await journal.verify()).toEqual({ whole: false, brokenAt: 3 });
  });

  test('of which the head was changed is not whole', async () => {
    await append('one', 'two');
    await tamper('journal/head', (head: object) => ({ ...head, hash: 'changed' }));
    expect(await journal.verify()).toEqual({ whole: false, brokenAt: 2 });
  });
});
