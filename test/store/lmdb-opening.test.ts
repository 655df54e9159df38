import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'opening-'));
let store: Store;

beforeAll(async () => {
  store = await openStore(`lmdb:${folder}`);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/**
 * What a process does that opens the file while others write: which transaction was the last, in the lock file, is what
 * it was a moment before. In a process of its own, since whoever closes that file loses all its locks on it.
 */
function setBack(transactions: number): void {
  const script = `
    const file = require('fs').openSync(process.argv[1], 'r+');
    const last = Buffer.alloc(8);
    require('fs').readSync(file, last, 0, 8, 8);
    last.writeBigUInt64LE(last.readBigUInt64LE() - BigInt(process.argv[2]));
    require('fs').writeSync(file, last, 0, 8, 8);`;
  execFileSync(process.execPath, ['-e', script, join(folder, 'lock.mdb'), String(transactions)]);
}

test.each([1, 2, 3])('%d transactions that were forgotten meanwhile are not written over', async (count) => {
  const keys = [1, 2, 3, 4].map((number) => `before-${count}/${number}`);
  for (const key of keys) expect(await store.write(key, key, 0)).toBe(true);
  setBack(count);
  expect(await store.write(keys[3] ?? '', 'again', 1)).toBe(true);
  expect(await store.write(`after-${count}`, 1, 0)).toBe(true);
  expect(await store.readMany(keys)).toMatchObject(
    [...keys.slice(0, 3), 'again'].map((value) => ({ value })),
  );
});

test('many who write at that moment have each what they were told', async () => {
  await store.write('counter', 0, 0);
  setBack(1);
  const wins = await Promise.all(Array.from({ length: 20 }, (_, i) => store.write('counter', i, 1)));
  const [winner, ...others] = wins.flatMap((won, i) => (won ? [i] : []));
  expect(others).toEqual([]);
  expect(await store.read('counter')).toEqual({ value: winner, version: 2 });
});

test('what is only read is right again as soon as somebody writes', async () => {
  await store.write('read', 'first', 0);
  await store.write('read', 'second', 1);
  setBack(1);
  expect(await store.claim('anything', 60_000)).toEqual(expect.any(String));
  expect(await store.read('read')).toEqual({ value: 'second', version: 2 });
});
