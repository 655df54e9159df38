import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { BackupBroken, backupLines, restoreBackup } from '../../src/store/backup.ts';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import { SIGNING } from '../signing-keys.ts';

const KEY = { kid: 'key', bytes: new Uint8Array(32).fill(4) };
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
  for await (const line of backupLines(store, SIGNING, at)) lines.push(line);
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
      version: 2,
      at: at.toISOString(),
    });
    expect(lines.slice(1, -1).map(({ key }) => key)).toEqual([
      'reset/a',
      'journal/head',
      'journal/entry/000000000001',
      'account/a',
    ]);
    expect(lines.slice(1, -1).map(({ version }) => version)).toEqual([1, 1, 1, 1]);
    expect(lines.at(-1)).toEqual({
      records: 4,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      signature: { kid: 'signing', mac: expect.stringMatching(/^[\w-]{43}$/) },
    });
  });

  test('is whole where the journal has no entry, and where there is nothing at all', async () => {
    store = await emptied();
    expect(await backup()).toHaveLength(2);
    expect(await restoreBackup(there, SIGNING, file)).toEqual({ records: 0, isSigned: true });
  });

  test('makes a store hold exactly what it holds', async () => {
    await backup();
    await there.write('account/a', { name: 'older' }, 0);
    await there.write('account/other', { name: 'other' }, 0);
    expect(await restoreBackup(there, SIGNING, file)).toEqual({ records: 4, isSigned: true });
    expect(await keysOf(there)).toEqual([
      'account/a',
      'journal/entry/000000000001',
      'journal/head',
      'reset/a',
    ]);
    expect((await there.read('account/a'))?.value).toEqual((await store.read('account/a'))?.value);
    expect(await new Journal(there, SIGNING).verify()).toMatchObject({ whole: true, count: 1 });
    expect(await restoreBackup(there, SIGNING, file)).toEqual({ records: 4, isSigned: true });
  });

  test('gives each record a version that it had neither there nor in the backup', async () => {
    await store.write('reset/a', { step: 'done' }, 1);
    await backup();
    for (let version = 0; version < 5; version++) await there.write('account/a', { version }, version);
    await restoreBackup(there, SIGNING, file);
    expect((await there.read('reset/a'))?.version).toBe(1_002);
    expect((await there.read('account/a'))?.version).toBe(1_005);
    await restoreBackup(there, SIGNING, file);
    expect((await there.read('account/a'))?.version).toBe(2_005);
    expect(await there.write('account/a', {}, 2_005)).toBe(true);
  });

  test('replaces what is refused there, and removes it where the backup has none', async () => {
    await backup();
    for (const key of ['account/a', 'account/other', 'reset/other']) await there.write(key, 'stripped', 0);
    const strict = new AuthenticatedStore(there, new Sealer([KEY], { recordsAuthenticated: true }));
    await restoreBackup(strict, SIGNING, file);
    expect(await keysOf(there)).toEqual([
      'account/a',
      'journal/entry/000000000001',
      'journal/head',
      'reset/a',
    ]);
    expect((await strict.read('account/a'))?.value).toMatchObject({ name: 'Commune\u2028de Sète' });
  });

  test('leaves out what is refused', async () => {
    store = new AuthenticatedStore(store, new Sealer([KEY], { recordsAuthenticated: true }));
    await store.write('account/good', { name: 'good' }, 0);
    const lines = (await backup()).map((line) => JSON.parse(line));
    expect(lines.slice(1, -1).map(({ key }) => key)).toEqual(['account/good']);
  });

  test('that another file has replaced meanwhile is told', async () => {
    await backup();
    const other = readFileSync(file, 'utf8').replaceAll('2025', '2026');
    let writes = 0;
    const watched = new Proxy(there, {
      get(_, name: keyof Store) {
        if (name !== 'apply') return there[name].bind(there);
        return async (...args: Parameters<Store['apply']>) => {
          if (++writes === 4) writeFileSync(file, resummed(other));
          return there.apply(...args);
        };
      },
    });
    await expect(restoreBackup(watched, SIGNING, file)).rejects.toThrow();
    expect(writes).toBe(4);
  });

  test('is read back, and what is not as it was written is told', async () => {
    await backup();
    const forgetful = new Proxy(there, {
      get(_, name: keyof Store) {
        return name === 'apply' ? async () => ({ isApplied: true }) : there[name].bind(there);
      },
    });
    await expect(restoreBackup(forgetful, SIGNING, file)).rejects.toThrow(
      /^The record \S+ is not as it was written$/,
    );
  });

  test('without a line end at its end is whole all the same', async () => {
    writeFileSync(file, (await backup()).join('').trimEnd());
    expect(await restoreBackup(there, SIGNING, file)).toEqual({ records: 4, isSigned: true });
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
    ['another version', ([first = '', ...rest]) => [first.replace('2', '3'), ...rest], 'otherVersion'],
    ['no signature', (lines) => [...lines.slice(0, -1), stripped(lines.at(-1))], 'damaged'],
    [
      'a signature, as an unsigned one',
      ([first = '', ...rest]) => [first.replace('2', '1'), ...rest],
      'damaged',
    ],
    [
      'a changed letter, and its sum',
      (lines) => [resummed(lines.join('').replace('signIn', 'done'))],
      'forged',
    ],
    [
      'a signature by a key that is gone',
      (lines) => [...lines.slice(0, -1), otherKey(lines.at(-1))],
      'keyMissing',
    ],
    ['all that earlier versions wrote', (lines) => [unsigned(lines)], 'unsigned'],
    ['another format', (lines) => lines.map((l) => l.replace('password-bot', 'bot')), 'notABackup'],
    ['another content', () => ['canary\n', 'canary\n'], 'notABackup'],
    ['nothing', () => [], 'notABackup'],
  ])('with %s is refused before anything is written, and nothing of it is told', async (_, change, why) => {
    writeFileSync(file, change(await backup()).join(''));
    const error = await restoreBackup(there, SIGNING, file).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(BackupBroken);
    expect(error).toMatchObject({ why, name: 'BackupBroken', message: `The backup is ${why}` });
    expect((error as Error).cause).toBeUndefined();
    expect(await keysOf(there)).toEqual([]);
  });
});

describe('a backup of an earlier version', () => {
  test('is restored where somebody accepts that nobody has signed it', async () => {
    writeFileSync(file, unsigned(await backup()));
    const options = { acceptsUnsigned: true };
    expect(await restoreBackup(there, SIGNING, file, options)).toEqual({ records: 4, isSigned: false });
    expect((await there.read('reset/a'))?.version).toBe(1_000);
    expect(await new Journal(there, SIGNING).verify()).toMatchObject({ whole: true, count: 1 });
  });

  test('is no excuse for one that was forged, or whose key is gone', async () => {
    const lines = await backup();
    for (const [text, why] of [
      [resummed(lines.join('').replace('signIn', 'done')), 'forged'],
      [[...lines.slice(0, -1), otherKey(lines.at(-1))].join(''), 'keyMissing'],
    ] as const) {
      writeFileSync(file, text);
      await expect(restoreBackup(there, SIGNING, file, { acceptsUnsigned: true })).rejects.toMatchObject({
        why,
      });
    }
    expect(await keysOf(there)).toEqual([]);
  });
});

function stripped(line = ''): string {
  const { signature: _, ...sum } = JSON.parse(line);
  return `${JSON.stringify(sum)}\n`;
}

function otherKey(line = ''): string {
  return line.replace('"signing"', '"x"');
}

/** With the checksum of what it holds now, as anybody can compute it, and its signature as it was. */
function resummed(text: string): string {
  const lines = text.trimEnd().split('\n');
  const body = lines
    .slice(0, -1)
    .map((line) => `${line}\n`)
    .join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  return `${body}${JSON.stringify({ ...JSON.parse(lines.at(-1) ?? ''), sha256 })}\n`;
}

/** As version 1 wrote it: records without versions, and a checksum that nobody signs. */
function unsigned(lines: readonly string[]): string {
  const [first, ...rest] = lines.map((line) => JSON.parse(line));
  const records = rest.slice(0, -1).map(({ key, value }) => ({ key, value }));
  const all = [{ ...first, version: 1 }, ...records, { records: records.length }];
  return resummed(all.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

async function emptied(): Promise<Store> {
  await store.close();
  return openStore(`lmdb:${join(folder, 'empty')}`);
}
