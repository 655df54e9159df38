import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';

const OLD = { kid: 'old', bytes: new Uint8Array(32).fill(1) };
const NEW = { kid: 'new', bytes: new Uint8Array(32).fill(2) };

let folder: string;
let store: Store;
let journal: Journal;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  store = await openStore(`lmdb:${folder}`);
  journal = new Journal(store, new Sealer([OLD]));
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
    expect(await journal.verify()).toEqual({ whole: true, count: 0, hash: '' });
    expect(await journal.entries({ limit: 10 })).toEqual([]);
  });

  test('keeps every entry of many who write at once, and is whole', async () => {
    const other = new Journal(store, new Sealer([OLD]));
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? journal : other).append({ at, who: 'x', what: `${index}` }),
      ),
    );
    expect(await journal.verify()).toMatchObject({ whole: true, count: 20 });
    const whats = (await journal.entries({ limit: 20 })).map(({ what }) => Number(what));
    expect(whats.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  test('goes on after a writer that died between the entry and the head', async () => {
    await append('one');
    const head = await store.read('journal/head');
    await append('two');
    await tamper('journal/head', () => head?.value);
    expect(await journal.verify()).toMatchObject({ whole: true, count: 1 });
    await append('three');
    expect(await journal.verify()).toMatchObject({ whole: true, count: 3 });
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

  test('is whole at every moment while others write', async () => {
    let isWriting = true;
    const writing = append(...Array.from({ length: 100 }, (_, index) => `${index}`)).finally(() => {
      isWriting = false;
    });
    const other = new Journal(store, new Sealer([OLD]));
    while (isWriting) {
      expect(await other.verify()).toMatchObject({ whole: true });
      // LMDB reads without waiting: the writer must have its turn.
      await sleep(1);
    }
    await writing;
  });
});

describe('a journal whose end was cut off', () => {
  const unsigned = (count: number) => ({ whole: false, unsigned: { count, hash: expect.any(String) } });

  /** Makes the head what it would be after so many entries, as whoever has the store alone can. */
  async function shorten(count: number): Promise<void> {
    const last = await store.read<{ hash: string }>(entry(count));
    await tamper('journal/head', (head: object) => ({ ...head, count, hash: last?.value.hash }));
  }

  async function takeOut(key: string): Promise<void> {
    await store.remove(key, (await store.read(key))?.version ?? 0);
  }

  test('by an earlier head is not whole, not even after the next entry', async () => {
    await append('one');
    const head = await store.read('journal/head');
    await append('two', 'three');
    await tamper('journal/head', () => head?.value);
    expect(await journal.verify()).toEqual({ whole: false, brokenAt: 2 });
    await append('four');
    expect(await journal.verify()).toEqual(unsigned(4));
  });

  test('by an earlier head, and an entry taken out after it, is not whole', async () => {
    await append('one', 'two', 'three');
    await shorten(1);
    await takeOut(entry(2));
    expect(await journal.verify()).toEqual({ whole: false, brokenAt: 2 });
  });

  test('by taking the head out is not whole, not even after the next entry', async () => {
    await append('one', 'two', 'three');
    await takeOut('journal/head');
    expect(await journal.verify()).toEqual({ whole: false, brokenAt: 1 });
    await append('four');
    expect(await journal.verify()).toEqual(unsigned(4));
  });

  test.each<[string, (head: object) => unknown]>([
    ['the signature of the longer one', (head) => head],
    ['no signature', (head) => ({ ...head, signature: undefined })],
    ['an empty signature', (head) => ({ ...head, signature: null })],
    ['a signature by a key that nobody has', (head) => ({ ...head, signature: { kid: 'x', mac: '' } })],
    ['a signature of another form', (head) => ({ ...head, signature: { kid: 'old', mac: 7 } })],
  ])(
    'with its last entry, by a head with %s, is not whole, not even after the next entry',
    async (_, sign) => {
      await append('one', 'two', 'three');
      await shorten(2);
      await tamper('journal/head', sign);
      await takeOut(entry(3));
      expect(await journal.verify()).toEqual(unsigned(2));
      await append('three again');
      expect(await journal.verify()).toEqual(unsigned(3));
    },
  );

  test('by the very head that it once had looks whole, with a count and a hash that are not the last noted', async () => {
    await append('one', 'two');
    const [head, before] = [await store.read('journal/head'), await journal.verify()];
    await append('three');
    const noted = await journal.verify();
    await tamper('journal/head', () => head?.value);
    await takeOut(entry(3));
    expect(await journal.verify()).toEqual(before);
    expect(noted).not.toEqual(before);
  });

  test('is whole once somebody with the keys has signed what is left of it', async () => {
    await append('one', 'two', 'three');
    await shorten(2);
    await takeOut(entry(3));
    const verdict = await journal.verify();
    const left = 'unsigned' in verdict ? verdict.unsigned : undefined;
    expect(await journal.sign({ count: 1, hash: left?.hash ?? '' })).toBe(false);
    expect(await journal.sign({ count: 2, hash: left?.hash ?? '' })).toBe(true);
    expect(await journal.verify()).toEqual({ whole: true, ...left });
    await append('four');
    expect(await journal.verify()).toMatchObject({ whole: true, count: 3 });
  });
});

describe('a journal under new keys', () => {
  test('is whole while the older key is listed, and without it once an entry was added with the new one', async () => {
    await append('one');
    const both = new Journal(store, new Sealer([NEW, OLD]));
    const newest = new Journal(store, new Sealer([NEW]));
    expect(await both.verify()).toMatchObject({ whole: true, count: 1 });
    expect(await newest.verify()).toMatchObject({ whole: false, unsigned: { count: 1 } });
    await both.append({ at, who: 'shell:odile', what: 'passwordsResealed' });
    expect(await newest.verify()).toMatchObject({ whole: true, count: 2 });
  });

  test('goes on in a process that has not read the new key yet', async () => {
    await new Journal(store, new Sealer([NEW, OLD])).append({ at, who: 'bot', what: 'one' });
    const started = new Journal(
      store,
      new Sealer([OLD], {
        reread: async () => ({ keys: [NEW, OLD], recordsAuthenticated: false }),
      }),
    );
    await started.append({ at, who: 'bot', what: 'two' });
    expect(await journal.verify()).toMatchObject({ unsigned: { count: 2 } });
    expect(await new Journal(store, new Sealer([NEW])).verify()).toMatchObject({ whole: true, count: 2 });
  });
});
