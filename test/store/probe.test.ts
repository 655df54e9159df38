import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { StoreProbe } from '../../src/store/probe.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { DRIVERS, startDriver } from './drivers.ts';
import { DURABLE, RedisServer } from './redis-server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function probeOf(store: Pick<Store, 'claim' | 'release'>) {
  const looked: unknown[] = [];
  return { probe: new StoreProbe({ store, looked: (failure) => void looked.push(failure) }), looked };
}

test.each(DRIVERS)(
  'on %s, a store that takes what is written says so, and keeps nothing of it',
  async (driver) => {
    const folder = mkdtempSync(join(tmpdir(), 'probe-'));
    const { url, servers } = await startDriver(driver, folder);
    closing.push(async () => {
      for (const server of servers) await server.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const store = await openStore(url);
    closing.push(() => store.close());
    const { probe, looked } = probeOf(store);
    await probe.look();
    await probe.assertWritable();
    expect(looked).toEqual([undefined]);
    const keys: string[] = [];
    for await (const key of store.keys('')) keys.push(key);
    expect(keys).toEqual([]);
  },
);

test('a Redis without memory answers every read, and the probe names what is wrong until it is mended', async () => {
  const redis = await RedisServer.start(...DURABLE);
  closing.push(() => redis.stop());
  const store = await openStore(redis.url);
  closing.push(() => store.close());
  const { probe, looked } = probeOf(store);
  await redis.command('CONFIG', 'SET', 'maxmemory', '1');
  await store.ping();
  await probe.look();
  await expect(probe.assertWritable()).rejects.toMatchObject({ code: 'OOM' });
  await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  // What was seen last counts until the next look.
  await expect(probe.assertWritable()).rejects.toMatchObject({ code: 'OOM' });
  await probe.look();
  await probe.assertWritable();
  expect(looked).toEqual([expect.any(StoreUnavailable), undefined]);
});

test('a Redis that has become a replica is named as such', async () => {
  const redis = await RedisServer.start(...DURABLE);
  closing.push(() => redis.stop());
  const store = await openStore(redis.url);
  closing.push(() => store.close());
  await redis.command('REPLICAOF', '127.0.0.1', '1');
  const { probe } = probeOf(store);
  await probe.look();
  await expect(probe.assertWritable()).rejects.toMatchObject({ code: 'READONLY' });
});

test('whoever asks before the first look waits for one, and ten at once for the same one', async () => {
  let writes = 0;
  const { probe } = probeOf({
    claim: async () => {
      writes += 1;
      return 'token';
    },
    release: async () => undefined,
  });
  await Promise.all(Array.from({ length: 10 }, () => probe.assertWritable()));
  expect(writes).toBe(1);
});

test('a store that throws nothing at all has failed all the same', async () => {
  const { probe, looked } = probeOf({
    claim: () => Promise.reject(undefined),
    release: async () => undefined,
  });
  await probe.look();
  expect(looked).toEqual([expect.any(Error)]);
  await expect(probe.assertWritable()).rejects.toBeUndefined();
});
