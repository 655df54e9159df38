import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { change, changeWithResult, REMOVED, UNCHANGED } from '../../src/store/change.ts';
import { openStore } from '../../src/store/open.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'change-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plusOne = (value: number | undefined) => (value ?? 0) + 1;

describe.each([
  ['LMDB', `lmdb:${folder}`],
  ['Redis', `${process.env.TEST_REDIS_URL}/${randomInt(1, 10_000)}`],
])('a change on %s', (_, url) => {
  let store: Store;
  let other: Store;

  beforeAll(async () => {
    store = await openStore(url);
    other = await openStore(url);
  });
  afterAll(async () => {
    await store.close();
    await other.close();
  });

  test('writes what was decided, and gives the record as it stands then', async () => {
    expect(await change(store, 'new', plusOne)).toEqual({ value: 1, version: 1, isChanged: true });
    expect(await change<number>(store, 'new', async (value) => plusOne(value))).toEqual({
      value: 2,
      version: 2,
      isChanged: true,
    });
    expect(await store.read('new')).toEqual({ value: 2, version: 2 });
  });

  test('that decides on no change writes nothing', async () => {
    expect(await change(store, 'still', () => UNCHANGED)).toEqual({ version: 0, isChanged: false });
    await store.write('still', 'here', 0);
    expect(await change(store, 'still', () => UNCHANGED)).toEqual({
      value: 'here',
      version: 1,
      isChanged: false,
    });
    expect(await store.read('still')).toEqual({ value: 'here', version: 1 });
  });

  test('may remove the record', async () => {
    await store.write('doomed', 'here', 0);
    expect(await change(store, 'doomed', () => REMOVED)).toEqual({ version: 0, isChanged: true });
    expect(await store.read('doomed')).toBeUndefined();
    expect(await change(store, 'doomed', () => REMOVED)).toEqual({ version: 0, isChanged: false });
  });

  test('saves only on what was decided on: where somebody else was first, it is decided again', async () => {
    await store.write('contested', 1, 0);
    const seen: unknown[] = [];
    const changed = await change<number>(store, 'contested', async (value, version) => {
      seen.push([value, version]);
      if (seen.length === 1) await other.write('contested', 10, 1);
      return plusOne(value);
    });
    expect(seen).toEqual([
      [1, 1],
      [10, 2],
    ]);
    expect(changed).toEqual({ value: 11, version: 3, isChanged: true });
  });

  test('gives the result of the decision that was carried out, and of none before it', async () => {
    await store.write('counted', 1, 0);
    let asked = 0;
    const result = await changeWithResult<number, string>(store, 'counted', async (value) => {
      asked += 1;
      if (asked === 1) await other.write('counted', 10, 1);
      return { record: plusOne(value), result: `from ${value}` };
    });
    expect(result).toBe('from 10');
    const none = await changeWithResult<number, string>(store, 'counted', (value, version) => ({
      record: UNCHANGED,
      result: `${value} at ${version}`,
    }));
    expect(none).toBe('11 at 3');
  });

  test('removes only what was decided on', async () => {
    await store.write('kept', 'idle', 0);
    let asked = 0;
    const changed = await change<string>(store, 'kept', async (value) => {
      asked += 1;
      if (asked === 1) await other.write('kept', 'busy', 1);
      return value === 'idle' ? REMOVED : UNCHANGED;
    });
    expect(asked).toBe(2);
    expect(changed).toEqual({ value: 'busy', version: 2, isChanged: false });
  });

  test('of a crowd at once, none is lost', async () => {
    const crowd = Array.from({ length: 40 }, (_, i) => change(i % 2 ? store : other, 'crowd', plusOne));
    const versions = (await Promise.all(crowd)).map(({ version }) => version);
    expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect((await change(store, 'crowd', () => UNCHANGED)).value).toBe(40);
  });

  test('ends, with what is wrong, where others are first for ever', async () => {
    let asked = 0;
    const changing = change<number>(store, 'busy', async (value, version) => {
      asked += 1;
      await other.write('busy', plusOne(value), version);
      return plusOne(value);
    });
    await expect(changing).rejects.toThrow(StoreUnavailable);
    await expect(changing).rejects.toThrow('The record busy was changed by others 60 times in a row');
    expect(asked).toBe(60);
  });

  test('that cannot be decided writes nothing', async () => {
    const why = new Error('not allowed');
    await expect(change(store, 'refused', () => Promise.reject(why))).rejects.toBe(why);
    expect(await store.read('refused')).toBeUndefined();
  });
});
