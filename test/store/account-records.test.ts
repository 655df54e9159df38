import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AccountRecords } from '../../src/store/account-records.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

interface Count {
  readonly count: number;
}

const folder = mkdtempSync(join(tmpdir(), 'records-'));
let store: Store;
let reminders: AccountRecords<Count>;
let checks: AccountRecords<Count>;

beforeAll(async () => {
  store = await openStore(`lmdb:${folder}`);
  reminders = new AccountRecords(store, 'reminder');
  checks = new AccountRecords(store, 'check');
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

test('each kind has its own record of an account', async () => {
  expect(await reminders.save('a', { count: 1 }, 0)).toBe(true);
  expect(await reminders.save('a', { count: 2 }, 0)).toBe(false);
  expect(await checks.find('a')).toBeUndefined();
  expect(await reminders.findMany(['none', 'a'])).toEqual([undefined, { value: { count: 1 }, version: 1 }]);
});

test('of changes at once, none is lost', async () => {
  const more = (record: Count | undefined) => ({ count: (record?.count ?? 0) + 1 });
  const changed = await Promise.all(Array.from({ length: 5 }, () => checks.change('b', more)));
  expect(changed.map((record) => record?.version).sort()).toEqual([1, 2, 3, 4, 5]);
  expect(await checks.find('b')).toEqual({ value: { count: 5 }, version: 5 });
});

test('a change that changes nothing writes nothing, and gives what is there', async () => {
  expect(await checks.change('c', () => undefined)).toBeUndefined();
  expect(await checks.find('c')).toBeUndefined();
  await checks.save('c', { count: 1 }, 0);
  const there = { value: { count: 1 }, version: 1 };
  expect(await checks.change('c', (record) => record)).toEqual(there);
  expect(await checks.change('c', () => undefined)).toEqual(there);
  expect(await checks.find('c')).toEqual(there);
});

test('what is forgotten is gone, and may be saved again', async () => {
  await checks.forget('never there');
  await checks.save('d', { count: 1 }, 0);
  await checks.forget('d');
  expect(await checks.find('d')).toBeUndefined();
  expect(await checks.save('d', { count: 2 }, 0)).toBe(true);
});

test('what is forgotten while somebody changes it is gone all the same', async () => {
  await checks.save('e', { count: 1 }, 0);
  const changed = Array.from({ length: 3 }, () =>
    checks.change('e', (record) => record && { count: record.count + 1 }),
  );
  await Promise.all([...changed, checks.forget('e')]);
  expect(await checks.find('e')).toBeUndefined();
});
