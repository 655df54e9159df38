import { fork } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { open } from 'lmdb';
import { openStore } from '../../src/store/open.ts';
import { ANY_VERSION, RecordRefused, type Store, StoreUnavailable } from '../../src/store/store.ts';
import { until } from '../until.ts';
import { type RedisServer, redisBehindSentinel, redisCluster } from './redis-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'store-'));
const servers: RedisServer[] = [];

const drivers: Record<string, () => Promise<string>> = {
  LMDB: async () => `lmdb:${join(folder, 'data')}`,
  Redis: async () => `${process.env.TEST_REDIS_URL}/${randomInt(1, 10_000)}`,
  'Redis Cluster': async () => {
    const node = await redisCluster();
    servers.push(node);
    return `${node.url}/?cluster`;
  },
  'Redis behind Sentinel': async () => {
    const { url, servers: three } = await redisBehindSentinel(folder);
    servers.push(...three);
    return url;
  },
};

afterAll(async () => {
  await Promise.all(servers.map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
});

/** What another connection has written may be there a moment later. */
async function seen(key: string, version: number, by: Store): Promise<void> {
  await until(async () => (await by.read(key))?.version === version);
}

async function collect(keys: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const key of keys) all.push(key);
  return all.sort();
}

describe.each(Object.keys(drivers))('the contract on %s', (driver) => {
  let url: string;
  let store: Store;
  let other: Store;

  beforeAll(async () => {
    url = (await drivers[driver]?.()) ?? '';
    store = await openStore(url);
    other = await openStore(url);
  });
  afterAll(async () => {
    await store.close();
    await other.close();
  });

  test('a record that was never written is not there', async () => {
    expect(await store.read('nothing')).toBeUndefined();
  });

  test('what was written is read back with its version, by any connection', async () => {
    const value = { text: 'é🔑"\\', list: [1, null], nested: { colon: ':x' } };
    expect(await store.write('record', value, 0)).toBe(true);
    expect(await store.read('record')).toMatchObject({ value, version: 1 });
    await seen('record', 1, other);
    expect(await other.read('record')).toMatchObject({ value, version: 1 });
  });

  test('many records are read at once, each in its place, and what is not there is missing', async () => {
    await store.write('batch/a', { is: 'a' }, 0);
    await store.write('batch/b', ['b'], 0);
    await store.write('batch/b', ['b', 2], 1);
    await seen('batch/b', 2, other);
    const found = await other.readMany(['batch/b', 'batch/none', 'batch/a', 'batch/b']);
    expect(found).toEqual([
      { value: ['b', 2], version: 2 },
      undefined,
      { value: { is: 'a' }, version: 1 },
      { value: ['b', 2], version: 2 },
    ]);
    expect(await store.readMany([])).toEqual([]);
  });

  test('a write at a version that has passed changes nothing', async () => {
    expect(await store.write('contested', 'first', 0)).toBe(true);
    expect(await other.write('contested', 'second', 0)).toBe(false);
    expect(await other.write('contested', 'second', 1)).toBe(true);
    expect(await store.write('contested', 'third', 1)).toBe(false);
    expect(await store.write('contested', 'third', 7)).toBe(false);
    expect(await other.read('contested')).toMatchObject({ value: 'second', version: 2 });
  });

  test('a record is removed only at its version', async () => {
    await store.write('doomed', 1, 0);
    expect(await store.remove('doomed', 0)).toBe(false);
    expect(await store.remove('doomed', 2)).toBe(false);
    expect(await store.remove('doomed', 1)).toBe(true);
    expect(await store.remove('doomed', 1)).toBe(false);
    expect(await store.read('doomed')).toBeUndefined();
  });

  test('of many writers at once, each version has exactly one', async () => {
    const count = async (each: Store) => {
      let won = 0;
      for (let round = 0; round < 40; round++) {
        const found = await each.read<number>('counter');
        if (await each.write('counter', (found?.value ?? 0) + 1, found?.version ?? 0)) won++;
      }
      return won;
    };
    const wins = await Promise.all([store, other, store, other, store].map(count));
    const total = wins.reduce((sum, won) => sum + won, 0);
    expect(total).toBeGreaterThan(0);
    await seen('counter', total, store);
    expect(await store.read('counter')).toMatchObject({ value: total, version: total });
  });

  test('keys are found by what they begin with, and nothing else is', async () => {
    const names = Array.from({ length: 2_500 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
    // In handfuls: all at once they would outlast a write's own second on a loaded machine.
    for (let i = 0; i < names.length; i += 100) {
      await Promise.all(names.slice(i, i + 100).map((name) => store.write(name, 0, 0)));
    }
    await store.write('many*/x', 0, 0);
    await store.write('man', 0, 0);
    expect(await collect(store.keys('many/'))).toEqual(names);
    expect(await collect(store.keys('many*'))).toEqual(['many*/x']);
    expect(await collect(store.keys('none/'))).toEqual([]);
  });

  test('a claim is held by one, until it is released with its token', async () => {
    const token = await store.claim('lock', 600_000);
    expect(token).toEqual(expect.any(String));
    expect(await other.claim('lock', 600_000)).toBeUndefined();
    await other.release('lock', 'not the token');
    expect(await other.claim('lock', 600_000)).toBeUndefined();
    await store.release('lock', token ?? '');
    expect(await other.claim('lock', 600_000)).toEqual(expect.any(String));
  });

  test('of many who claim at once, one has it', async () => {
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other).claim('rush', 600_000)),
    );
    expect(claims.filter((token) => token !== undefined)).toHaveLength(1);
  });

  test('a claim expires, and its old token releases nothing any more', async () => {
    const asked = performance.now();
    const old = await store.claim('short', 500);
    await until(() => other.claim('short', 600_000));
    expect(performance.now() - asked).toBeGreaterThan(495);
    await store.release('short', old ?? '');
    expect(await store.claim('short', 500)).toBeUndefined();
  });

  test('a claim of which somebody else knows nothing is not released, and that is no error', async () => {
    await store.release('never claimed', 'any token');
    expect(await other.claim('never claimed', 600_000)).toEqual(expect.any(String));
  });

  test('many claims that have expired may all be taken again, and stay with whoever took them', async () => {
    const keys = Array.from({ length: 6 }, (_, index) => `brief/${index}`);
    await Promise.all(keys.map((key, index) => store.claim(key, 200 + 10 * index)));
    const token = await store.claim('given back', 200);
    await store.release('given back', token ?? '');
    await sleep(300);
    expect(await other.claim('brief/5', 600_000)).toEqual(expect.any(String));
    // What clears expired ones away must leave the one that was taken again.
    for (let index = 0; index < 6; index++) await store.claim(`later/${index}`, 600_000);
    expect(await store.claim('brief/5', 600_000)).toBeUndefined();
  });

  test('many are claimed at once, each for itself', async () => {
    const held = await other.claim('set/1', 600_000);
    const tokens = await store.claimMany(['set/0', 'set/1', 'set/2'], 600_000);
    expect(tokens).toEqual([expect.any(String), undefined, expect.any(String)]);
    expect(await other.claimMany(['set/0', 'set/2'], 600_000)).toEqual([undefined, undefined]);
    await other.releaseMany([
      { key: 'set/0', token: tokens[0] ?? '' },
      { key: 'set/1', token: 'not the token' },
      { key: 'set/2', token: held ?? '' },
    ]);
    expect(await other.claimMany(['set/0', 'set/1', 'set/2'], 600_000)).toEqual([
      expect.any(String),
      undefined,
      undefined,
    ]);
    expect(await store.claimMany([], 600_000)).toEqual([]);
    await store.releaseMany([]);
  });

  test('of many who claim the same set at once, each key has one', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `crowd/${index}`);
    const tries = await Promise.all(
      [store, other, store, other].map((each) => each.claimMany(keys, 600_000)),
    );
    const owners = keys.map((_, index) => tries.filter((tokens) => tokens[index] !== undefined).length);
    expect(owners).toEqual(keys.map(() => 1));
  });

  test('an agenda gives what is due, the earliest first, and keeps it', async () => {
    await store.schedule('tour', 'late', new Date(3_000));
    await store.schedule('tour', 'early', new Date(1_000));
    await store.schedule('tour', 'middle', new Date(2_000));
    await store.schedule('another tour', 'stranger', new Date(0));
    expect(await store.due('tour', new Date(999), 10)).toEqual([]);
    expect(await store.due('tour', new Date(2_000), 10)).toEqual(['early', 'middle']);
    expect(await store.due('tour', new Date(9_000), 2)).toEqual(['early', 'middle']);
    expect(await store.due('tour', new Date(9_000), 10)).toEqual(['early', 'middle', 'late']);
  });

  test('an id that is scheduled again is moved, and one that is unscheduled is gone', async () => {
    await store.schedule('moves', 'id', new Date(1_000));
    await store.schedule('moves', 'id', new Date(5_000));
    expect(await store.due('moves', new Date(4_999), 10)).toEqual([]);
    expect(await store.due('moves', new Date(5_000), 10)).toEqual(['id']);
    await store.unschedule('moves', 'id');
    await store.unschedule('moves', 'never there');
    expect(await store.due('moves', new Date(9_000), 10)).toEqual([]);
  });

  test('many are scheduled, moved and unscheduled at once, and each tells its instant', async () => {
    await store.schedule('batch', 'gone', new Date(1_000));
    await store.schedule('batch', 'moved', new Date(1_000));
    await store.scheduleMany('batch', [
      { id: 'new', at: new Date(3_000) },
      { id: 'gone', at: undefined },
      { id: 'moved', at: new Date(2_000) },
    ]);
    await store.scheduleMany('batch', []);
    expect(await other.due('batch', new Date(9_000), 10)).toEqual(['moved', 'new']);
    expect(await other.scheduled('batch', ['new', 'gone', 'moved'])).toEqual([
      new Date(3_000),
      undefined,
      new Date(2_000),
    ]);
    expect(await other.scheduled('batch', [])).toEqual([]);
  });

  test('a whole morning is scheduled and moved at once, in its order', async () => {
    const ids = Array.from({ length: 1_000 }, (_, number) => `account ${String(number).padStart(3, '0')}`);
    const [first, later] = [new Date(1_000), new Date(2_000)];
    await store.scheduleMany(
      'morning',
      ids.map((id) => ({ id, at: first })),
    );
    expect(await other.due('morning', first, 2_000)).toEqual(ids);
    await other.schedule('morning', 'account 500', new Date(9_000));
    await store.scheduleMany(
      'morning',
      ids.map((id) => ({ id, at: later, from: first })),
    );
    expect(await other.due('morning', first, 2_000)).toEqual([]);
    expect(await other.due('morning', later, 2_000)).toEqual(ids.filter((id) => id !== 'account 500'));
  });

  test('what was moved meanwhile is not moved by somebody who saw it elsewhere', async () => {
    await store.schedule('seen', 'same', new Date(1_000));
    await store.schedule('seen', 'moved', new Date(1_000));
    const [same, moved] = await store.scheduled('seen', ['same', 'moved']);
    await other.schedule('seen', 'moved', new Date(500));
    await store.scheduleMany('seen', [
      { id: 'same', at: new Date(7_000), from: same ?? new Date(0) },
      { id: 'moved', at: new Date(8_000), from: moved ?? new Date(0) },
      { id: 'absent', at: new Date(9_000), from: new Date(1_000) },
      { id: 'new', at: new Date(9_000), from: 'none' },
      { id: 'moved', at: new Date(9_000), from: 'none' },
    ]);
    const now = await store.scheduled('seen', ['same', 'moved', 'absent', 'new']);
    expect(now).toEqual([new Date(7_000), new Date(500), undefined, new Date(9_000)]);
  });

  test('it answers a ping', async () => {
    await expect(store.ping()).resolves.toBeUndefined();
  });

  test('a store that is closed refuses what is asked of it', async () => {
    const closed = await openStore(url);
    await closed.close();
    const calls = [
      () => closed.read('record'),
      () => closed.readMany(['record']),
      () => closed.write('closed', 1, 0),
      () => closed.claim('closed', 600_000),
      () => closed.due('tour', new Date(0), 1),
      () => closed.ping(),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(StoreUnavailable);
    expect(await store.read('closed')).toBeUndefined();
  });

  test('what was written is there after it was closed and opened again', async () => {
    const key = randomUUID();
    const first = await openStore(url);
    await first.write(key, 'kept', 0);
    await first.close();
    const second = await openStore(url);
    expect(await second.read(key)).toMatchObject({ value: 'kept', version: 1 });
    await second.close();
  });
});

describe('LMDB', () => {
  test('the file is mapped once, however large it grows: or its pages would count twice as memory', async () => {
    const path = join(folder, 'grown');
    const store = await openStore(`lmdb:${path}`);
    const grow = (i: number) => store.write(`large/${i}`, 'x'.repeat(1_000_000), 0);
    // One by one: together they may take longer than a call has.
    for (let i = 0; i < 20; i++) await grow(i);
    await store.readMany(Array.from({ length: 20 }, (_, i) => `large/${i}`));
    // Where the system tells: Linux.
    const file = join(path, 'data.mdb');
    const maps = existsSync('/proc/self/maps') ? readFileSync('/proc/self/maps', 'utf8') : file;
    expect(maps.split('\n').filter((line) => line.endsWith(file))).toHaveLength(1);
    await store.close();
  });

  test('the folder is for its owner only', async () => {
    const path = join(folder, 'private');
    const store = await openStore(`lmdb:${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(readdirSync(path)).toContain('data.mdb');
    await store.close();
  });

  test('a folder that cannot be made stops the start with one line', async () => {
    const refusal = await openStore('lmdb:/dev/null/data').catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      message: expect.stringMatching(/^STORE_URL : le dossier \/dev\/null\/data ne peut pas être ouvert/),
      cause: { code: 'ENOTDIR' },
    });
  });

  test('something else under our key is refused, and its content is not in the error', async () => {
    const path = join(folder, 'foreign');
    await (await openStore(`lmdb:${path}`)).close();
    const root = open({ path, noSubdir: false, overlappingSync: false, eventTurnBatching: false });
    const records = root.openDB<string, string>({ name: 'records', encoding: 'string', useVersions: true });
    await records.put('corrupt', '{"value": canary', 1);
    await records.put('foreign', '{"value":"canary"}', 1);
    await root.close();
    const store = await openStore(`lmdb:${path}`);
    await store.write('fine', 'fine', 0);
    for (const key of ['corrupt', 'foreign']) {
      const error = await store.read(key).catch((refusal: unknown) => refusal);
      expect(error).toBeInstanceOf(RecordRefused);
      expect(error).toMatchObject({ key, version: ANY_VERSION, why: 'unreadable' });
      expect(`${error} ${(error as Error).cause}`).not.toContain('canary');
      expect(await store.readMany([key, 'fine'])).toEqual([error, { value: 'fine', version: 1 }]);
    }
    await store.close();
    await expect(store.read('corrupt')).rejects.toMatchObject({
      message: 'LMDB refused',
      cause: expect.anything(),
    });
  });

  test('a write whose turn comes too late is refused, and not made', async () => {
    const store = await openStore(`lmdb:${join(folder, 'late')}`);
    const writing = store.write('late', 1, 0).catch((error: unknown) => error);
    // As if the process had stood still while the write waited for its turn.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_300);
    expect(await writing).toBeInstanceOf(StoreUnavailable);
    // Its turn comes after that of the other: it finds nothing.
    expect(await store.write('late', 2, 0)).toBe(true);
    await store.close();
  });

  test('two processes that write at once lose nothing, also while the file grows', async () => {
    const url = `lmdb:${join(folder, 'shared')}`;
    const store = await openStore(url);
    const [a, b] = await Promise.all([writer(url, 'a').last, writer(url, 'b').last]);
    await seen('shared', (a?.won ?? 0) + (b?.won ?? 0), store);
    expect(a?.round).toBe(199);
    expect(b?.round).toBe(199);
    expect(await store.read('shared')).toMatchObject({ version: (a?.won ?? 0) + (b?.won ?? 0) });
    expect(await collect(store.keys('large/'))).toHaveLength(400);
    await store.close();
  });

  test('what a process was told is written outlives its kill -9', async () => {
    const url = `lmdb:${join(folder, 'killed')}`;
    const { process, last } = writer(url, 'a', 100_000);
    for (let heard = 0; heard < 10; heard++) await once(process, 'message');
    process.kill('SIGKILL');
    const told = await last;
    const store = await openStore(url);
    expect(told?.round).toBeGreaterThan(5);
    expect((await store.read('shared'))?.version).toBeGreaterThanOrEqual(told?.won ?? 0);
    expect(await store.read(`large/a/${told?.round}`)).toMatchObject({ version: 1 });
    expect(await store.write('after', 1, 0)).toBe(true);
    await store.close();
  });

  test('expired claims are cleared away', async () => {
    const path = join(folder, 'sweep');
    const store = await openStore(`lmdb:${path}`);
    const kept = (name: string) => {
      const root = open({ path, noSubdir: false, overlappingSync: false, eventTurnBatching: false });
      return [...root.openDB({ name, encoding: 'json' }).getKeys()].length;
    };
    for (let index = 0; index < 20; index++) await store.claim(`brief ${index}`, 1);
    await store.claimMany(['together 1', 'together 2'], 1);
    await store.claim('again', 1);
    await sleep(10);
    await store.claim('again', 60_000);
    for (let index = 0; index < 12; index++) await store.claim(`long ${index}`, 60_000);
    expect([kept('claims'), kept('claimings')]).toEqual([13, 13]);
    expect(await store.claim('again', 60_000)).toBeUndefined();
    await store.close();
  });
});

describe('STORE_URL', () => {
  test.each([
    ['mongodb://x', /^STORE_URL doit commencer par lmdb:/],
    ['see redis://x', /^STORE_URL doit commencer par lmdb:/],
    ['redis://a,b', /^STORE_URL nomme plusieurs serveurs ; ajoutez \?cluster ou \?sentinel=nom$/],
    ['redis://user:canary@host/x', /^STORE_URL n’est pas comprise/],
    ['redis://user:canary@host:99999/0', /^STORE_URL n’est pas comprise/],
    ['redis://user:canary@a:6379,b:x/?cluster', /^STORE_URL n’est pas comprise/],
    ['redis://user:canary%zz@host:6379/0', /^STORE_URL n’est pas comprise.*% %25$/],
    ['redis://canary%zz@host:6379/0', /^STORE_URL n’est pas comprise/],
  ])('%s is refused with one line', async (url, line) => {
    const refusal = await openStore(url).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ message: expect.stringMatching(line) });
    expect(String(refusal)).not.toMatch(/canary|\n/);
  });
});

interface Progress {
  readonly round: number;
  readonly won: number;
}

/** Another process that writes; `last` is the last thing it said before it ended. */
function writer(url: string, name: string, rounds = 200) {
  const process = fork(join(__dirname, 'run-typescript.cjs'), [
    join(__dirname, 'writer.ts'),
    url,
    name,
    `${rounds}`,
  ]);
  let said: Progress | undefined;
  process.on('message', (progress) => {
    said = progress as Progress;
  });
  return { process, last: once(process, 'close').then(() => said) };
}
