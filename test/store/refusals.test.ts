import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { errorFields } from '../../src/log.ts';
import { explain } from '../../src/store/explain.ts';
import { addSealingKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { explainTrouble } from '../../src/store/trouble.ts';
import { ownProcess } from '../admin/shell.ts';
import { DURABLE, RedisServer, redisBehindSentinel, redisCluster } from './redis-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'refusals-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** With `user:canary` before the host. */
const withCredentials = (url: string) => url.replace('://', '://user:canary@');

describe('why a Redis refuses is told by its code, to the log and to whoever runs the bot, and its words are not', () => {
  const servers: RedisServer[] = [];
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  function expectTold(error: unknown, code: string): void {
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(errorFields(error)).toMatchObject({ error: 'StoreUnavailable', code });
    const [line = '', ...more] = explain(error);
    expect(line).toMatch(/^STORE_URL : [^;]+ \([A-Z]+\) ; [^;]+$/);
    expect(line).toContain(`(${code})`);
    expect(`${line}${JSON.stringify(errorFields(error))}`).not.toContain('canary');
    expect(more).toEqual([]);
  }

  test('nobody listens', async () => {
    const urls = ['', '/?cluster', '/?sentinel=main'].map((mode) => `redis://127.0.0.1:1${mode}`);
    const errors = await Promise.all(urls.map((url) => thrownBy(openStore(url))));
    for (const error of errors) expectTold(error, 'ECONNREFUSED');
  });

  test('a password that is missing, and one that is wrong', async () => {
    const redis = await RedisServer.start(...DURABLE, '--requirepass', 'secret');
    servers.push(redis);
    expectTold(await thrownBy(openStore(redis.url)), 'NOAUTH');
    expectTold(await thrownBy(openStore(withCredentials(redis.url))), 'WRONGPASS');
  });

  test('a wrong password in a Cluster', async () => {
    const cluster = await redisCluster();
    servers.push(cluster);
    expectTold(await thrownBy(openStore(withCredentials(`${cluster.url}/?cluster`))), 'WRONGPASS');
  });

  test('a wrong password behind Sentinel, which holds up no command of the administrator', async () => {
    const { url, servers: three } = await redisBehindSentinel(folder);
    servers.push(...three);
    expectTold(await thrownBy(openStore(withCredentials(url))), 'WRONGPASS');
    const env = { STORE_URL: withCredentials(url), STORE_KEYS_FILE: join(folder, 'keys.json') };
    await addSealingKey(env.STORE_KEYS_FILE);
    const { code, out, err } = await ownProcess(env, 'account', 'list');
    expect([code, out, err.trim()]).toEqual([
      1,
      '',
      expect.stringMatching(/^STORE_URL : [^\n]*\(WRONGPASS\)[^\n]*$/),
    ]);
  });

  test('a server that is still loading', async () => {
    const redis = await RedisServer.start(...DURABLE);
    servers.push(redis);
    const fill = "for i = 1, 3000 do redis.call('SET', 'key ' .. i, ARGV[1]) end";
    await redis.command('EVAL', fill, '0', 'x'.repeat(2_000));
    await redis.command('BGREWRITEAOF');
    const persistence = () => redis.command('INFO', 'persistence');
    while ((await persistence()).includes('aof_last_rewrite_time_sec:-1')) await sleep(20);
    await redis.signal('SIGKILL');
    // In microseconds for each key: a minute in all, which nobody waits for.
    await redis.start('--key-load-delay', '20000', '--loading-process-events-interval-bytes', '1024');
    expectTold(await thrownBy(openStore(redis.url)), 'LOADING');
  });

  describe('once it is open', () => {
    let redis: RedisServer;
    let store: Store;
    beforeAll(async () => {
      redis = await RedisServer.start(...DURABLE);
      servers.push(redis);
      store = await openStore(redis.url);
    });
    afterAll(() => store.close());

    test('no memory', async () => {
      await redis.command('CONFIG', 'SET', 'maxmemory', '1');
      const error = await thrownBy(store.write('record', 'canary', 0));
      await redis.command('CONFIG', 'SET', 'maxmemory', '0');
      expectTold(error, 'OOM');
    });

    test('a replica', async () => {
      await redis.command('REPLICAOF', '127.0.0.1', '1');
      const error = await thrownBy(
        store.apply([{ type: 'write', key: 'record', value: 'canary', version: 0 }]),
      );
      await redis.command('REPLICAOF', 'NO', 'ONE');
      expectTold(error, 'READONLY');
    });

    test('no answer', async () => {
      await redis.signal('SIGSTOP');
      const error = await thrownBy(store.read('record'));
      await redis.signal('SIGCONT');
      expectTold(error, 'ETIMEDOUT');
    });
  });
});

describe('a broken store in one French line', () => {
  const line = (options: ConstructorParameters<typeof StoreUnavailable>[1]) =>
    explainTrouble(new StoreUnavailable('not for people', options));

  test('names the record that is in trouble', () => {
    expect(line({ code: 'UNREADABLE', record: 'account/a' })).toMatch(/\(UNREADABLE account\/a\) ; /);
  });

  test('says the little that is known of what nobody foresaw', () => {
    const known = 'STORE_URL : le coffre n’a pas répondu, ou a refusé';
    expect(line({ code: 'TRYAGAIN' })).toBe(
      `${known} (TRYAGAIN) ; vérifiez l’adresse, et que le serveur tourne`,
    );
    expect(line({})).toContain(`${known} (StoreUnavailable) ; `);
    expect(line({ code: 'constructor' })).toContain(`${known} (constructor) ; `);
  });

  test.each([
    ['of the system’s', Object.assign(new Error('canary'), { code: 28 }), 'ENOSPC'],
    ['of LMDB’s', Object.assign(new Error('MDB_CORRUPTED: canary'), { code: -30796 }), 'MDB_CORRUPTED'],
    [
      'of the first of several causes',
      new AggregateError([Object.assign(new Error(), { code: 'EHOSTUNREACH' })]),
      'EHOSTUNREACH',
    ],
    ['that is no code but a text', Object.assign(new Error(), { code: 'canary said so' }), undefined],
    ['that nobody gave', new Error('WRONGPASS canary'), undefined],
    ['that is not even an error', 'canary', undefined],
    ['that turns in a circle', circular(), undefined],
  ])('a code %s', (_, cause, code) => {
    expect(new StoreUnavailable('', { cause }).code).toBe(code);
  });
});

function circular(): Error {
  const error = new Error('canary');
  error.cause = error;
  return error;
}

describe('a Redis on another machine, without TLS', () => {
  const REFUSAL =
    /^STORE_URL : redis:\/\/ vers une autre machine [^\n]*rediss:\/\/[^\n]*ALLOW_PLAINTEXT_REDIS=1$/;

  test.each([
    'redis://:canary@192.0.2.1:6379/0',
    'redis://redis:6379',
    'redis://127.0.0.1.example.org',
    'redis://localhost.example.org',
    'redis://127.0.0.1:7000,192.0.2.1:7001/?cluster',
    'redis://192.0.2.1,127.0.0.1/?sentinel=main',
    'redis://[2001:db8::1]:6379',
  ])('%s is refused before anything is sent', async (url) => {
    const error = await thrownBy(openStore(url));
    expect(explain(error)).toEqual([expect.stringMatching(REFUSAL)]);
    expect(String(error)).not.toContain('canary');
  });

  test('is used where somebody answers for the network, and over TLS it is not even asked', async () => {
    const redis = await RedisServer.start(...DURABLE, '--bind', '127.0.0.1');
    // This machine, by an address that is not loopback's own.
    const url = `redis://0.0.0.0:${redis.port}`;
    expect(explain(await thrownBy(openStore(url)))).toEqual([expect.stringMatching(REFUSAL)]);
    const store = await openStore(url, { allowPlaintext: true });
    await store.ping();
    await store.close();
    await redis.stop();
    expect(await thrownBy(openStore('rediss://0.0.0.0:1'))).toBeInstanceOf(StoreUnavailable);
  });

  test('is refused where a Cluster leads there', async () => {
    const cluster = await redisCluster();
    await cluster.command('CONFIG', 'SET', 'cluster-announce-ip', '0.0.0.0');
    while (!(await cluster.command('CLUSTER', 'SLOTS')).includes('0.0.0.0'));
    const url = `${cluster.url}/?cluster`;
    expect(explain(await thrownBy(openStore(url)))).toEqual([expect.stringMatching(REFUSAL)]);
    const store = await openStore(url, { allowPlaintext: true });
    await store.ping();
    await store.close();
    await cluster.stop();
  });

  test('is refused where a Sentinel leads there', async () => {
    const { url, servers } = await redisBehindSentinel(folder, '0.0.0.0');
    expect(explain(await thrownBy(openStore(url)))).toEqual([expect.stringMatching(REFUSAL)]);
    const store = await openStore(url, { allowPlaintext: true });
    await store.ping();
    await store.close();
    await Promise.all(servers.map((server) => server.stop()));
  });
});
