import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { until } from '../until.ts';
import { LossyConnection } from './lossy-connection.ts';
import { addReplica, DURABLE, RedisServer, redisBehindSentinel, redisCluster } from './redis-server.ts';

/** Runs it, and gives what it threw or returned, and how long that took. */
async function timed(work: Promise<unknown>): Promise<{ outcome: unknown; ms: number }> {
  const start = performance.now();
  const outcome = await work.catch((error: unknown) => error);
  return { outcome, ms: performance.now() - start };
}

/** In ms. Each call has 1.2 s, which its error names, of a Redis that never answers; the machine may take its time. */
const LONGEST_CALL = 20_000;

/** Until it does not throw. */
async function untilItWorks(work: () => Promise<unknown>): Promise<void> {
  await until(
    () =>
      work().then(
        () => true,
        () => false,
      ),
    () => `${work}`,
  );
}

describe('a Redis in trouble', () => {
  let redis: RedisServer;
  let store: Store;

  beforeAll(async () => {
    redis = await RedisServer.start(...DURABLE);
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    store = await openStore(redis.url);
    await store.write('record', 'before', 0);
  });
  afterEach(async () => {
    // Where a test failed before it did so: the next one needs a Redis that answers.
    await redis.signal('SIGCONT');
    await store.close();
  });

  test('killed: every call is refused in time; restarted: it is there again with all that it had', async () => {
    await redis.signal('SIGKILL');
    const calls: Promise<unknown>[] = [
      store.read('record'),
      store.write('record', 'lost', 1),
      store.claim('lock', 1_000),
      store.schedule('agenda', 'id', new Date(0)),
      store.due('agenda', new Date(), 1),
      store.ping(),
    ];
    for (const { outcome, ms } of await Promise.all(calls.map(timed))) {
      expect(outcome).toBeInstanceOf(StoreUnavailable);
      expect(ms).toBeLessThan(LONGEST_CALL);
    }
    await redis.start();
    await untilItWorks(() => store.ping());
    expect(await store.read('record')).toMatchObject({ value: 'before', version: 1 });
    expect(await store.write('record', 'after', 1)).toBe(true);
  });

  test('stopped: every call is refused in time, and no refused write surfaces once it goes on', async () => {
    await redis.signal('SIGSTOP');
    const calls: Promise<unknown>[] = [
      store.write('record', 'ghost', 1),
      store.write('new', 'ghost', 0),
      store.schedule('agenda', 'ghost', new Date(0)),
      store.claim('lock', 60_000),
      store.read('record'),
    ];
    const outcomes = await Promise.all(calls.map(timed));
    for (const { outcome, ms } of outcomes) {
      expect(outcome).toBeInstanceOf(StoreUnavailable);
      expect(ms).toBeLessThan(LONGEST_CALL);
    }
    expect(outcomes.map(({ outcome }) => (outcome as Error).message)).toContain(
      'The store did not answer in 1200 ms',
    );
    const { outcome, ms } = await timed(store.write('record', 'ghost', 1));
    expect(outcome).toBeInstanceOf(StoreUnavailable);
    expect(ms).toBeLessThan(LONGEST_CALL);
    await redis.signal('SIGCONT');
    await untilItWorks(() => store.ping());
    expect(await store.read('record')).toMatchObject({ value: 'before', version: 1 });
    expect(await store.read('new')).toBeUndefined();
    expect(await store.due('agenda', new Date(), 10)).toEqual([]);
    expect(await store.claim('lock', 1_000)).toEqual(expect.any(String));
  });

  test('stopped for a moment: the write is made, and said to be', async () => {
    await redis.signal('SIGSTOP');
    const write = store.write('record', 'patient', 1);
    // The write has left.
    await new Promise(setImmediate);
    await redis.signal('SIGCONT');
    expect(await write).toBe(true);
    expect(await store.read('record')).toMatchObject({ value: 'patient', version: 2 });
  });

  test('full: a write is refused, never said to be made, and reading goes on', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    const { outcome } = await timed(store.write('record', 'too much', 1));
    const read = await store.read('record');
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(outcome).toBeInstanceOf(StoreUnavailable);
    expect((outcome as Error).cause).toMatchObject({ message: expect.stringContaining('OOM') });
    expect(read).toMatchObject({ value: 'before', version: 1 });
    expect(await store.write('record', 'after', 1)).toBe(true);
  });

  test('a read-only replica: a write is refused, never said to be made', async () => {
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    const { outcome } = await timed(store.write('record', 'on a replica', 1));
    const { outcome: claim } = await timed(store.claim('lock', 1_000));
    await redis.command('REPLICAOF', 'NO', 'ONE');
    expect(outcome).toBeInstanceOf(StoreUnavailable);
    expect(claim).toBeInstanceOf(StoreUnavailable);
    expect(await store.read('record')).toMatchObject({ value: 'before', version: 1 });
  });

  test.each(['answer', 'connection'] as const)(
    'whose %s is lost after a write: the write is said to be made, and in time',
    async (lost) => {
      const connection = new LossyConnection(redis.port);
      const behind = await openStore(await connection.start());
      await behind.write('record', 'with an answer', 1);
      connection.lose(lost);
      const { outcome, ms } = await timed(behind.write('record', 'without one', 2));
      await behind.close();
      connection.stop();
      expect(outcome).toBe(true);
      expect(ms).toBeLessThan(LONGEST_CALL);
      expect(await store.read('record')).toMatchObject({ value: 'without one', version: 3 });
    },
  );

  test('whose connection is lost before a write: the write is refused', async () => {
    const connection = new LossyConnection(redis.port);
    const behind = await openStore(await connection.start());
    await behind.write('record', 'with an answer', 1);
    connection.stop();
    connection.lose('request');
    const { outcome, ms } = await timed(behind.write('record', 'lost', 2));
    await behind.close();
    expect(outcome).toBeInstanceOf(StoreUnavailable);
    expect(ms).toBeLessThan(LONGEST_CALL);
    expect(await store.read('record')).toMatchObject({ value: 'with an answer', version: 2 });
  });

  test('something else under our key: refused, and its content is not in the error', async () => {
    await redis.command('SET', 'chorus:records:corrupt', '{"value": canary');
    await redis.command('SET', 'chorus:records:foreign', '{"value":"canary"}');
    await redis.command('LPUSH', 'chorus:records:list', 'canary');
    for (const key of ['corrupt', 'foreign', 'list']) {
      const { outcome } = await timed(store.read(key));
      expect(outcome).toBeInstanceOf(StoreUnavailable);
      expect(`${outcome} ${(outcome as Error).cause}`).not.toContain('canary');
      expect(`${outcome}`).toMatch(/not readable|refused/);
      expect((await timed(store.write(key, 1, 0))).outcome).not.toBe(true);
    }
  });

  test('scripts forgotten by the server are sent again', async () => {
    await redis.command('SCRIPT', 'FLUSH');
    expect(await store.write('record', 'after', 1)).toBe(true);
  });

  test('the clocks of server and bot need not agree', async () => {
    const now = Date.now;
    Date.now = () => now() - 3_600_000;
    const early = await store.write('record', 'an hour behind', 1);
    Date.now = () => now() + 3_600_000;
    const late = await store.write('record', 'an hour ahead', 2);
    Date.now = now;
    expect([early, late]).toEqual([true, true]);
    expect(await store.write('record', 'right', 3)).toBe(true);
  });
});

test('a Redis Cluster that was killed and restarted is there again', async () => {
  const node = await redisCluster();
  const store = await openStore(`${node.url}/?cluster`);
  await store.write('record', 'before', 0);
  await node.signal('SIGKILL');
  const { outcome, ms } = await timed(store.write('record', 'lost', 1));
  expect(outcome).toBeInstanceOf(StoreUnavailable);
  expect(ms).toBeLessThan(LONGEST_CALL);
  await node.start();
  await untilItWorks(() => store.ping());
  expect(await store.read('record')).toMatchObject({ value: 'before', version: 1 });
  await store.close();
  await node.stop();
});

describe('a Redis Cluster with a replica', () => {
  let master: RedisServer;
  let replica: RedisServer;
  let url: string;

  beforeEach(async () => {
    master = await redisCluster();
    url = `${master.url}/?cluster`;
  });
  afterEach(() => Promise.all([master, replica].map((each) => each.stop())));

  /** As soon as the replica has what is written. */
  const copied = (store: Store) => untilItWorks(() => store.write(randomUUID(), 'on both', 0));

  test('refuses in time a write that the replica does not have, and keeps what it has said is written', async () => {
    const store = await openStore(url);
    await store.write('record', 'before there was a replica', 0);
    replica = await addReplica(master);
    await copied(store);
    expect(await store.write('record', 'on both', 1)).toBe(true);
    await replica.signal('SIGSTOP');
    const { outcome, ms } = await timed(store.write('other', 'on one', 0));
    expect(outcome).toBeInstanceOf(StoreUnavailable);
    expect(String(outcome)).toContain('No replica of Redis has the record');
    expect(ms).toBeLessThan(LONGEST_CALL);

    await master.signal('SIGKILL');
    await replica.signal('SIGCONT');
    await store.close();
    await untilItWorks(async () => {
      await replica.command('CLUSTER', 'FAILOVER', 'TAKEOVER');
      const after = await openStore(`${replica.url}/?cluster`);
      const found = await after.read('record').finally(() => after.close());
      expect(found).toMatchObject({ value: 'on both', version: 2 });
    });
  });

  test('is refused to a user who may not wait for it, unless that is allowed', async () => {
    replica = await addReplica(master);
    const rights = ['+get', '+set', '+eval', '+evalsha', '+time', '+info', '+cluster|slots'];
    const user = ['ACL', 'SETUSER', 'bot', 'on', '>secret', '~chorus:*', '-@all', ...rights];
    await master.command(...user);
    const theirs = url.replace('redis://', 'redis://bot:secret@');
    await expect(openStore(theirs)).rejects.toThrow(
      /^STORE_URL : ce Cluster a des réplicas.*la commande WAIT, .*ALLOW_VOLATILE_REDIS=1$/,
    );
    const volatile = await openStore(theirs, { allowVolatile: true });
    expect(await volatile.write('record', 'on one', 0)).toBe(true);
    await volatile.close();
    await master.command(...user, '+wait');
    const store = await openStore(theirs);
    await copied(store);
    await store.close();
  });
});

test('behind Sentinel, a write that no other server has is refused in time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-'));
  const { url, replica, servers } = await redisBehindSentinel(folder);
  const store = await openStore(url);
  let writes = 0;
  const copied = () => untilItWorks(() => store.write(`copied/${++writes}`, 'on both', 0));
  await copied();
  await replica.signal('SIGSTOP');
  const { outcome, ms } = await timed(store.write('record', 'on one', 0));
  await replica.signal('SIGCONT');
  expect(outcome).toBeInstanceOf(StoreUnavailable);
  expect(String(outcome)).toContain('No replica of Redis has the record');
  expect(ms).toBeLessThan(LONGEST_CALL);
  await copied();
  expect(await store.read(`copied/${writes}`)).toMatchObject({ value: 'on both' });
  await store.close();
  await Promise.all(servers.map((each) => each.stop()));
  rmSync(folder, { recursive: true });
});

describe('opening', () => {
  test.each([
    [
      'loses what it acknowledged',
      ['--maxmemory-policy', 'noeviction'],
      /^STORE_URL : ce Redis perd, s’il est tué, ce qu’il a reçu.*ALLOW_VOLATILE_REDIS=1/,
    ],
    [
      'may evict',
      ['--appendonly', 'yes', '--maxmemory-policy', 'allkeys-lru'],
      /^STORE_URL : ce Redis peut évincer des données \(maxmemory-policy allkeys-lru\).*ALLOW_VOLATILE_REDIS=1/,
    ],
  ])('a Redis that %s is refused, unless that is allowed', async (_, options, line) => {
    const redis = await RedisServer.start(...options);
    await expect(openStore(redis.url)).rejects.toThrow(line);
    const store = await openStore(redis.url, { allowVolatile: true });
    expect(await store.write('record', 1, 0)).toBe(true);
    await store.close();
    await redis.stop();
  });

  test('a user who may not read CONFIG, and has our keys only, is enough', async () => {
    const redis = await RedisServer.start(...DURABLE);
    await redis.command('ACL', 'SETUSER', 'bot', 'on', '>p@ss:w/rd', '~chorus:*', '+@all', '-@admin');
    const store = await openStore(`redis://bot:${encodeURIComponent('p@ss:w/rd')}@127.0.0.1:${redis.port}/0`);
    expect(await store.write('record', 1, 0)).toBe(true);
    await store.close();
    await redis.stop();
  });

  test('a user who may not ask whether anything is kept is refused, with what to allow', async () => {
    const redis = await RedisServer.start(...DURABLE);
    await redis.command('ACL', 'SETUSER', 'bot', 'on', '>secret', '~chorus:*', '+@all', '-info');
    const url = `redis://bot:secret@127.0.0.1:${redis.port}/0`;
    await expect(openStore(url)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^STORE_URL : Redis ne dit pas .*la commande INFO, .*ALLOW_VOLATILE_REDIS=1$/,
      ),
      cause: expect.any(StoreUnavailable),
    });
    await (await openStore(url, { allowVolatile: true })).close();
    await redis.stop();
  });

  test('a wrong password is told, and not repeated', async () => {
    const redis = await RedisServer.start(...DURABLE, '--requirepass', 'right');
    const { outcome, ms } = await timed(openStore(`redis://:canary@127.0.0.1:${redis.port}`));
    expect(outcome).toBeInstanceOf(StoreUnavailable);
    expect(String(outcome)).toContain('WRONGPASS');
    expect(String(outcome)).not.toContain('canary');
    expect(ms).toBeLessThan(LONGEST_CALL);
    await redis.stop();
  });

  test('a Redis that is not there is told in time', async () => {
    const { outcome, ms } = await timed(openStore('redis://127.0.0.1:1'));
    expect(outcome).toBeInstanceOf(StoreUnavailable);
    expect(String(outcome)).toContain('ECONNREFUSED');
    expect(ms).toBeLessThan(LONGEST_CALL);
  });
});
