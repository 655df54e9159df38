import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import type { KeysFile } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { RecordAudit } from '../../src/store/record-audit.ts';
import { Sealer } from '../../src/store/seal.ts';
import { ANY_VERSION, RecordRefused, type Store } from '../../src/store/store.ts';

const OLD = { kid: 'old', bytes: new Uint8Array(32).fill(1) };
const NEW = { kid: 'new', bytes: new Uint8Array(32).fill(2) };

let folder: string;
let kept: Store;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
  kept = await openStore(`lmdb:${folder}`);
  store = strict(OLD);
});
afterEach(async () => {
  await kept.close();
  rmSync(folder, { recursive: true });
});

function strict(...keys: KeysFile['keys']): Store {
  return new AuthenticatedStore(kept, new Sealer(keys, { recordsAuthenticated: true }));
}

async function put(key: string, value: unknown, newVersion: number): Promise<void> {
  await kept.apply([{ type: 'write', key, value, version: ANY_VERSION, newVersion }]);
}

describe('an audit', () => {
  const auditing = (...keys: KeysFile['keys']) => new RecordAudit(kept, new Sealer(keys));

  test('signs with the newest key what an older one has signed, and what nobody has', async () => {
    await store.write('account/a', 'a', 0);
    await kept.write('account/b', 'b', 0);
    const audit = auditing(NEW, OLD);
    expect(await audit.inspect('account/a')).toBe('signed');
    expect(await audit.inspect('account/b')).toBe('unsigned');
    expect(await audit.inspect('account/none')).toBe('gone');
    expect(await audit.renew('account/a')).toBe('renewed');
    expect(await audit.renew('account/b')).toBe('adopted');
    expect(await audit.renew('account/a')).toBe('fresh');
    expect(await audit.renew('account/none')).toBe('gone');
    const newest = strict(NEW);
    expect(await newest.read('account/a')).toEqual({ value: 'a', version: 2 });
    expect(await newest.read('account/b')).toEqual({ value: 'b', version: 2 });
  });

  test('leaves alone what does not verify, unless somebody accepts it as it is', async () => {
    await store.write('account/a', 'a', 0);
    const a = await kept.read<object>('account/a');
    await put('account/a', { ...a?.value, content: 'forged' }, 1);
    const audit = auditing(NEW, OLD);
    expect(await audit.inspect('account/a')).toMatchObject({ why: 'changed' });
    expect(await audit.renew('account/a')).toMatchObject({ why: 'changed', key: 'account/a' });
    expect(await audit.renew('account/a', true)).toBe('renewed');
    expect(await strict(NEW).read('account/a')).toEqual({ value: 'forged', version: 2 });
    await put('account/b', 'stripped', 5);
    const strictly = new RecordAudit(kept, new Sealer([NEW], { recordsAuthenticated: true }));
    expect(await strictly.renew('account/b')).toMatchObject({ why: 'unsigned' });
    expect(await strictly.renew('account/b', true)).toBe('adopted');
    expect(await strict(NEW).read('account/b')).toEqual({ value: 'stripped', version: 6 });
  });

  test('starts again where somebody else writes meanwhile', async () => {
    await store.write('account/a', 'a', 0);
    let isFirst = true;
    const audit = new RecordAudit(
      {
        read: (key) => kept.read(key),
        write: async (key, value, version) => {
          if (isFirst) await store.write('account/a', 'b', 1);
          isFirst = false;
          return kept.write(key, value, version);
        },
      },
      new Sealer([NEW, OLD]),
    );
    expect(await audit.renew('account/a')).toBe('renewed');
    expect(await strict(NEW).read('account/a')).toEqual({ value: 'b', version: 3 });
  });

  test('cannot accept what is no record at all', async () => {
    const unreadable = new RecordRefused('account/a', ANY_VERSION, 'unreadable');
    const audit = new RecordAudit(
      { read: () => Promise.reject(unreadable), write: async () => true },
      new Sealer([NEW]),
    );
    expect(await audit.renew('account/a', true)).toBe(unreadable);
    expect(await audit.inspect('account/a')).toBe(unreadable);
  });
});
