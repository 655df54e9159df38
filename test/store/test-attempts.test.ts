import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { accountId } from '../../src/store/accounts.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { TestAttempts } from '../../src/store/test-attempts.ts';

const HOUR_MS = 60 * 60_000;
const folder = mkdtempSync(join(tmpdir(), 'attempts-'));
let store: Store;
let id = accountId('none');
let count = 0;
let now = 0;
let attempts: TestAttempts;

beforeAll(async () => {
  store = await openStore(`lmdb:${folder}`);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  id = accountId(`tech_${count++}`);
  now = Date.parse('2026-11-28T20:00:00Z');
  attempts = new TestAttempts(store, () => new Date(now));
});

async function made(howMany: number, isAutomatic: boolean, version = 1) {
  for (let i = 0; i < howMany; i++) {
    await attempts.note(id, version, isAutomatic);
    now += HOUR_MS;
  }
}

describe('a password', () => {
  test('is tried three times a day by itself, and twice more by people', async () => {
    await made(3, true);
    const freeAt = new Date(now - 3 * HOUR_MS + 24 * HOUR_MS);
    expect(await attempts.allowance(id, 1, true)).toEqual({ isAllowed: false, freeAt });
    expect(await attempts.allowance(id, 1, false)).toEqual({ isAllowed: true });
    await made(2, false);
    expect(await attempts.allowance(id, 1, false)).toEqual({ isAllowed: false, freeAt });
    now = freeAt.getTime();
    expect(await attempts.allowance(id, 1, true)).toEqual({ isAllowed: true });
  });

  test('is tried five times a day by people, and then by nobody', async () => {
    await made(5, false);
    expect(await attempts.allowance(id, 1, false)).toMatchObject({ isAllowed: false });
    expect(await attempts.allowance(id, 1, true)).toMatchObject({ isAllowed: false });
  });

  test('is not held back by those of another one', async () => {
    await made(5, false);
    expect(await attempts.allowance(id, 2, true)).toEqual({ isAllowed: true });
  });

  test('of an account that was removed has none', async () => {
    await made(5, false);
    await attempts.forget(id);
    expect(await attempts.allowance(id, 1, false)).toEqual({ isAllowed: true });
  });
});
