import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BackupBroken, backupLines, restoreBackup } from '../../src/store/backup.ts';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { SIGNING } from '../signing-keys.ts';

const at = new Date('2025-01-05T12:00:00.000Z');

let folder: string;
let store: Store;
let there: Store;
let file: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'backup-'));
  file = join(folder, 'backup.jsonl');
  store = await openStore(`lmdb:${join(folder, 'store')}`);
  there = await openStore(`lmdb:${join(folder, 'there')}`);
  await store.write('account/a', { name: 'Commune\u2028de Sète', long: 'é'.repeat(100_000) }, 0);
  await store.write('reset/a', { step: 'signIn' }, 0);
  await store.write('masked-link/x', { over: 'in minutes' }, 0);
  await new Journal(store, SIGNING).append({ at, who: 'bot', what: 'one' });
});
afterEach(async () => {
  await store.close();
  await there.close();
  rmSync(folder, { recursive: true });
});

async function backup(): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of backupLines(store, at)) lines.push(line);
  writeFileSync(file, lines.join(''));
  return lines;
}

async function keysOf(of: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of of.keys('')) keys.push(key);
  return keys.sort();
}

describe('a backup', () => {
  test('has a header, each record once, resets before the journal before the rest, and no one-time link', async () => {
    const lines = (await backup()).map((line) => JSON.parse(line));
    expect(lines[0]).toEqual({
      format: 'chorus-pro-password-bot backup',
      version: 1,
      at: at.toISOString(),
    });
    expect(lines.slice(1, -1).map(({ key }) => key)).toEqual([
      'reset/a',
      'journal/head',
      'journal/entry/000000000001',
      'account/a',
    ]);
    expect(lines.at(-1)).toEqual({ records: 4, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('is whole where the journal has no entry, and where there is nothing at all', async () => {
    store = await emptied();
    expect(await backup()).toHaveLength(2);
    expect(await restoreBackup(there, file)).toBe(0);
  });

  test('makes a store hold exactly what it holds', async () => {
    await backup();
    await there.write('account/a', { name: 'older' }, 0);
    await there.write('account/other', { name: 'other' }, 0);
    expect(await restoreBackup(there, file)).toBe(4);
    expect(await keysOf(there)).toEqual([
      'account/a',
      'journal/entry/000000000001',
      'journal/head',
      'reset/a',
    ]);
    expect((await there.read('account/a'))?.value).toEqual((await store.read('account/a'))?.value);
    expect(await new Journal(there, SIGNING).verify()).toMatchObject({ whole: true, count: 1 });
    expect(await restoreBackup(there, file)).toBe(4);
  });

  test('is read back, and what is not as it was written is told', async () => {
    await backup();
    const read = there.read.bind(there);
    let writes = 0;
    const forgetful = new Proxy(there, {
      get(_, name: keyof Store) {
        if (name === 'apply') return async () => ({ isApplied: ++writes > 0 });
        return name === 'read' ? read : there[name].bind(there);
      },
    });
    await expect(restoreBackup(forgetful, file)).rejects.toThrow(/^The record \S+ is not as it was written$/);
  });

  test('without a line end at its end is whole all the same', async () => {
    writeFileSync(file, (await backup()).join('').trimEnd());
    expect(await restoreBackup(there, file)).toBe(4);
  });

  test.each<[string, (lines: string[]) => string[], BackupBroken['why']]>([
    ['a changed letter', (lines) => lines.map((line) => line.replace('signIn', 'done')), 'damaged'],
    ['a record less', (lines) => lines.toSpliced(2, 1), 'damaged'],
    ['a record more', (lines) => lines.toSpliced(2, 0, '{"key":"more","value":1}\n'), 'damaged'],
    ['a record without a key', (lines) => lines.toSpliced(2, 1, '{"key":"","value":1}\n'), 'damaged'],
    ['a record that is no JSON', (lines) => lines.toSpliced(2, 1, 'canary\n'), 'damaged'],
    ['a wrong count', (lines) => lines.map((line) => line.replace('"records":4', '"records":5')), 'damaged'],
    ['a wrong sum', (lines) => lines.map((line) => line.replace('"sha256":"', '"sha256":"0')), 'damaged'],
    ['no end', (lines) => lines.slice(0, -1), 'damaged'],
    ['a header alone', (lines) => lines.slice(0, 1), 'damaged'],
    ['another version', (lines) => lines.map((l) => l.replace('"version":1', '"version":2')), 'otherVersion'],
    ['another format', (lines) => lines.map((l) => l.replace('password-bot', 'bot')), 'notABackup'],
    ['another content', () => ['canary\n', 'canary\n'], 'notABackup'],
    ['nothing', () => [], 'notABackup'],
  ])('with %s is refused before anything is written, and nothing of it is told', async (_, change, why) => {
    writeFileSync(file, change(await backup()).join(''));
    const error = await restoreBackup(there, file).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(BackupBroken);
    expect(error).toMatchObject({ why, name: 'BackupBroken', message: `The backup is ${why}` });
    expect((error as Error).cause).toBeUndefined();
    expect(await keysOf(there)).toEqual([]);
  });
});

async function emptied(): Promise<Store> {
  await store.close();
  return openStore(`lmdb:${join(folder, 'empty')}`);
}
