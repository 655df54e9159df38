import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import type { KeysFile } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import { ANY_VERSION, RecordRefused, type Store, StoreUnavailable } from '../../src/store/store.ts';

const OLD = { kid: 'old', bytes: new Uint8Array(32).fill(1) };
const NEW = { kid: 'new', bytes: new Uint8Array(32).fill(2) };

/** Kinds that the bot cannot do without, and kinds that count as missing. */
const NEEDED = [
  ...['account/a', 'credential/a', 'slack-installation/T1', 'journal/head', 'token/t', 'tokens'],
  ...['destination/d', 'destinations/a', 'monthly2', 'anything/else'],
];
const DISPENSABLE = [
  ...['reset/a', 'reminder/a', 'check/a', 'place/p', 'person/p', 'monthly', 'masked-link/x'],
  ...['handover-link/x', 'handover/a', 'releases/a', 'token-use/t', 'delivery/d'],
];

let folder: string;
let kept: Store;
let store: Store;
let refused: RecordRefused[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'authenticated-'));
  kept = await openStore(`lmdb:${folder}`);
  refused = [];
  store = strict(OLD);
});
afterEach(async () => {
  await kept.close();
  rmSync(folder, { recursive: true });
});

/** Refuses what has no signature. */
function strict(...keys: KeysFile['keys']): Store {
  return new AuthenticatedStore(kept, new Sealer(keys, { recordsAuthenticated: true }), (record) =>
    refused.push(record),
  );
}

/** What is kept as it is, changed by somebody who has the store alone. */
async function tamper(key: string, change: (value: Kept) => unknown): Promise<void> {
  const found = await kept.read<Kept>(key);
  if (found === undefined) throw new Error(`${key} is not there`);
  await put(kept, key, change(found.value), found.version);
}

interface Kept {
  readonly content: unknown;
  readonly signature: { readonly kid: string; readonly mac: string };
}

/** What a read gives of a record that is refused: an error, or nothing. */
async function refusal(key: string, of: Store = store): Promise<RecordRefused | undefined> {
  const found = await of.read(key).catch((error: unknown) => error);
  if (found !== undefined && !(found instanceof RecordRefused)) throw new Error(`${key} was read`);
  expect((await of.readMany([key]))[0]).toEqual(found);
  return found;
}

describe('a record', () => {
  test('is read as it was written, at its version, one by one or together', async () => {
    expect(await store.read('account/a')).toBeUndefined();
    expect(await store.write('account/a', { name: 'é', list: [1, null] }, 0)).toBe(true);
    expect(await store.write('account/a', 'second', 1)).toBe(true);
    expect(await store.write('account/a', 'late', 1)).toBe(false);
    expect(await store.read('account/a')).toEqual({ value: 'second', version: 2 });
    await store.write('account/b', ['b'], 0);
    expect(await store.readMany(['account/b', 'none', 'account/a'])).toEqual([
      { value: ['b'], version: 1 },
      undefined,
      { value: 'second', version: 2 },
    ]);
    await put(store, 'account/a', 'restored', 70);
    expect(await store.read('account/a')).toEqual({ value: 'restored', version: 70 });
    expect(await store.remove('account/a', 69)).toBe(false);
    expect(await store.remove('account/a', 70)).toBe(true);
    expect(await store.read('account/a')).toBeUndefined();
    expect(refused).toEqual([]);
  });

  test('may hold anything that JSON holds', async () => {
    let version = 0;
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await store.write('account/any', value, version);
        version += 1;
        expect(await store.read('account/any')).toEqual({
          value: JSON.parse(JSON.stringify(value)),
          version,
        });
      }),
      { numRuns: 200 },
    );
  });

  test('is signed, and its claims and agendas are the store’s own', async () => {
    await store.write('account/a', 'content', 0);
    expect(await kept.read('account/a')).toEqual({
      value: { content: 'content', signature: { kid: 'old', mac: expect.stringMatching(/^[\w-]{43}$/) } },
      version: 1,
    });
    const token = (await store.claim('claim', 60_000)) ?? '';
    expect(await kept.claim('claim', 60_000)).toBeUndefined();
    expect(await store.claimMany(['claim', 'other'], 60_000)).toEqual([undefined, expect.any(String)]);
    await store.release('claim', token);
    expect(await kept.claim('claim', 60_000)).toEqual(expect.any(String));
    const at = new Date(5_000);
    await store.schedule('agenda', 'one', at);
    await store.scheduleMany('agenda', [{ id: 'two', at }]);
    await store.unschedule('agenda', 'one');
    expect(await store.scheduled('agenda', ['one', 'two'])).toEqual([undefined, at]);
    expect(await store.due('agenda', at, 5)).toEqual(['two']);
    const keys: string[] = [];
    for await (const key of store.keys('acc')) keys.push(key);
    expect(keys).toEqual(['account/a']);
    await store.ping();
  });

  test.each<[string, RecordRefused['why'], (value: Kept) => unknown]>([
    ['another content', 'changed', (value) => ({ ...value, content: 'forged' })],
    ['no content', 'changed', ({ signature }) => ({ content: null, signature })],
    [
      'another signature',
      'changed',
      ({ content }) => ({ content, signature: { kid: 'old', mac: 'A'.repeat(43) } }),
    ],
    ['a signature that is a number', 'changed', ({ content }) => ({ content, signature: 5 })],
    ['a signature that is nothing', 'changed', ({ content }) => ({ content, signature: null })],
    [
      'the name of another key',
      'keyMissing',
      ({ content, signature: { mac } }) => ({ content, signature: { kid: 'x', mac } }),
    ],
    ['its content alone', 'unsigned', ({ content }) => content],
    ['its content and no signature', 'unsigned', ({ content }) => ({ content })],
    ['a number', 'unsigned', () => 5],
    ['nothing', 'unsigned', () => null],
  ])('with %s is refused as %s, and whoever listens hears of it each time', async (_, why, change) => {
    await store.write('account/a', { manager: 'claire' }, 0);
    await tamper('account/a', change);
    const error = await refusal('account/a');
    expect(error).toMatchObject({ key: 'account/a', version: 1, why, name: 'RecordRefused' });
    expect(error?.message).toBe(`The record account/a is refused: ${why}`);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(refused).toEqual([error, error]);
  });

  test('is refused under another key, at another version, and as the signature of something else', async () => {
    await store.write('account/a', 'a', 0);
    await store.write('account/b', 'b', 0);
    const [a, b] = [await kept.read('account/a'), await kept.read('account/b')];
    await put(kept, 'account/a', b?.value, 1);
    await put(kept, 'account/b', a?.value, 1);
    await put(kept, 'account/c', a?.value, 1);
    await put(kept, 'account/d', 'd', 1);
    for (const key of ['account/a', 'account/b', 'account/c'])
      expect(await refusal(key)).toMatchObject({ key, why: 'changed' });
    await put(kept, 'account/a', a?.value, 2);
    expect(await refusal('account/a')).toMatchObject({ why: 'changed', version: 2 });
    // Of a text that the length of the key sets apart.
    await store.write('account/a:1', 'x', 0);
    const x = await kept.read<Kept>('account/a:1');
    await put(kept, 'account/a', { ...x?.value, content: 'x' }, 1);
    expect(await refusal('account/a')).toMatchObject({ why: 'changed' });
    const journal = new Sealer([OLD]).sign('9:account/a:1:"forged"', 'journal');
    await put(kept, 'account/a', { content: 'forged', signature: journal }, 1);
    expect(await refusal('account/a')).toMatchObject({ why: 'changed' });
  });

  test('that is refused hides none of those that are read with it', async () => {
    for (const key of NEEDED) await store.write(key, key, 0);
    await tamper('account/a', () => 'forged');
    const found = await store.readMany(NEEDED);
    expect(found[0]).toBeInstanceOf(RecordRefused);
    expect(found.slice(1)).toEqual(NEEDED.slice(1).map((value) => ({ value, version: 1 })));
  });

  test('put back as a whole, with its version, is not noticed', async () => {
    await store.write('account/a', 'older', 0);
    const older = await kept.read('account/a');
    await store.write('account/a', 'newer', 1);
    await put(kept, 'account/a', older?.value, older?.version ?? 0);
    expect(await store.read('account/a')).toEqual({ value: 'older', version: 1 });
  });

  test('that the store itself fails to read is the store’s failure', async () => {
    const failing = altered({ read: () => Promise.reject(new StoreUnavailable('down')) });
    await expect(new AuthenticatedStore(failing, new Sealer([OLD])).read('account/a')).rejects.toThrow(
      'down',
    );
  });
});

describe('a record of a kind that the bot can do without', () => {
  test.each(DISPENSABLE)(
    '%s counts as missing where it is refused, and makes room for another',
    async (key) => {
      await store.write(key, 'first', 0);
      await store.write(key, 'second', 1);
      await tamper(key, () => ({ content: 'forged', signature: { kid: 'old', mac: '' } }));
      expect(await refusal(key)).toBeUndefined();
      expect(refused).toMatchObject([{ key, why: 'changed' }, { key }]);
      expect(await store.write(key, 'late', 2)).toBe(true);
      await tamper(key, () => 'forged');
      expect(await store.write(key, 'anew', 0)).toBe(false);
      expect(await store.write(key, 'anew', 0)).toBe(true);
      expect(await store.read(key)).toEqual({ value: 'anew', version: 1 });
    },
  );

  test.each(NEEDED)('%s is none of these', async (key) => {
    await store.write(key, 'first', 0);
    await tamper(key, () => 'forged');
    expect(await refusal(key)).toMatchObject({ key, why: 'unsigned' });
    expect(await store.write(key, 'anew', 0)).toBe(false);
  });

  test('is left as it is where it verifies, and where its key is not at hand', async () => {
    await store.write('reset/a', 'running', 0);
    expect(await store.write('reset/a', 'another', 0)).toBe(false);
    const other = strict(NEW);
    expect(await refusal('reset/a', other)).toMatchObject({ why: 'keyMissing' });
    expect(await other.write('reset/a', 'another', 0)).toBe(false);
    expect(await store.read('reset/a')).toEqual({ value: 'running', version: 1 });
  });

  test('is not written over where somebody else has written it meanwhile', async () => {
    await store.write('reset/a', 'first', 0);
    await tamper('reset/a', () => 'forged');
    const raced = new AuthenticatedStore(
      altered({
        remove: async (key, version) => {
          const isRemoved = await kept.remove(key, version);
          await store.write(key, 'theirs', 0);
          return isRemoved;
        },
      }),
      new Sealer([OLD], { recordsAuthenticated: true }),
    );
    expect(await raced.write('reset/a', 'ours', 0)).toBe(false);
    expect(await raced.write('reset/a', 'ours', 0)).toBe(false);
    expect(await store.read('reset/a')).toMatchObject({ value: 'theirs' });
  });

  test('may have gone by the time that there is to be room for another one', async () => {
    await store.write('reset/a', 'first', 0);
    await tamper('reset/a', () => 'forged');
    const late = new AuthenticatedStore(
      altered({
        read: async (key) => {
          await kept.remove(key, ANY_VERSION);
          return undefined;
        },
      }),
      new Sealer([OLD]),
    );
    expect(await late.write('reset/a', 'ours', 0)).toBe(false);
    expect(await late.write('reset/a', 'ours', 0)).toBe(true);
  });

  test('is made room for in a batch too, of which nothing has had its effect', async () => {
    await store.write('reset/a', 'first', 0);
    await tamper('reset/a', () => 'forged');
    const batch = [
      { type: 'claim', key: 'claim', token: 'token', lifeMs: 60_000 },
      { type: 'write', key: 'reset/a', value: 'anew', version: 0 },
      { type: 'write', key: 'account/a', value: 'a', version: 0 },
    ] as const;
    expect(await store.apply(batch)).toEqual({ isApplied: false, refused: 1 });
    expect(await store.apply(batch)).toEqual({ isApplied: true });
    expect(await store.readMany(['reset/a', 'account/a'])).toEqual([
      { value: 'anew', version: 1 },
      { value: 'a', version: 1 },
    ]);
    // What is refused for another reason is the caller's to see.
    expect(await store.apply([batch[0]])).toEqual({ isApplied: false, refused: 0 });
    expect(await store.apply([{ type: 'remove', key: 'reset/a', version: 9 }])).toMatchObject({ refused: 0 });
    expect(await store.read('reset/a')).toEqual({ value: 'anew', version: 1 });
  });
});

describe('a record of an earlier version, which has no signature', () => {
  const trusting = () => new AuthenticatedStore(kept, new Sealer([OLD]), (record) => refused.push(record));

  test('is read, and signed when it is written', async () => {
    await kept.write('account/a', { name: 'a' }, 0);
    expect(await trusting().read('account/a')).toEqual({ value: { name: 'a' }, version: 1 });
    await trusting().write('account/a', { name: 'b' }, 1);
    expect(await store.read('account/a')).toEqual({ value: { name: 'b' }, version: 2 });
    expect(refused).toEqual([]);
  });

  test('is refused once the keys file says that all are signed, at the latest ten seconds later', async () => {
    let file: KeysFile = { keys: [OLD], recordsAuthenticated: false };
    let reads = 0;
    const reread = async () => {
      reads += 1;
      return file;
    };
    const bot = new AuthenticatedStore(kept, new Sealer([OLD], { reread }));
    await kept.write('account/a', 'stripped', 0);
    const { now } = Date;
    let passed = 0;
    Date.now = () => now() + passed;
    try {
      for (let i = 0; i < 3; i++) expect((await bot.read('account/a'))?.value).toBe('stripped');
      expect(reads).toBe(1);
      file = { keys: [OLD], recordsAuthenticated: true };
      passed = 10_001;
      await expect(bot.read('account/a')).rejects.toMatchObject({ why: 'unsigned' });
      expect(reads).toBe(2);
      // Whoever puts the older file back does not undo it.
      file = { keys: [OLD], recordsAuthenticated: false };
      passed = 60_000;
      await expect(bot.read('account/a')).rejects.toMatchObject({ why: 'unsigned' });
      expect(reads).toBe(2);
    } finally {
      Date.now = now;
    }
  });
});

/** The store as it is kept, with other ways of its own. */
function altered(ways: Partial<Store>): Store {
  return new Proxy(kept, {
    get: (target, name: keyof Store) => ways[name] ?? target[name].bind(target),
  });
}

/** Puts this there, whatever is there. */
async function put(of: Store, key: string, value: unknown, newVersion: number): Promise<void> {
  await of.apply([{ type: 'write', key, value, version: ANY_VERSION, newVersion }]);
}
