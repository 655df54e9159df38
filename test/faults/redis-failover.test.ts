import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { DURABLE, isCopied, RedisServer } from '../store/redis-server.ts';
import { until } from '../until.ts';
import { FULL, tell } from './volume.ts';

const FAILOVERS = FULL ? 200 : 2;
/** In ms: each call has 1.2 s, while the store takes for ever; the machine may be busy with something else. */
const LONGEST_ANSWER = 20_000;

let servers: RedisServer[];
let sentinel: RedisServer;
let store: Store;
const folder = mkdtempSync(join(tmpdir(), 'sentinel-'));

beforeAll(async () => {
  servers = await Promise.all(
    [1, 2, 3].map(() => RedisServer.start(...DURABLE, '--repl-diskless-sync-delay', '0')),
  );
  const [master, ...replicas] = servers as [RedisServer, ...RedisServer[]];
  for (const replica of replicas) await replica.command('REPLICAOF', '127.0.0.1', `${master.port}`);
  await untilItHolds(() => isCopied('first', master, replicas));
  const config = join(folder, 'sentinel.conf');
  writeFileSync(
    config,
    `sentinel monitor bot 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds bot 1500
sentinel failover-timeout bot 3000
`,
  );
  sentinel = await RedisServer.start(config, '--sentinel');
  store = await openedWhenReady(`${sentinel.url}/?sentinel=bot`);
}, 30_000);

afterAll(async () => {
  await store.close();
  for (const server of [sentinel, ...servers]) await server.stop();
  rmSync(folder, { recursive: true });
});

async function openedWhenReady(url: string): Promise<Store> {
  let opened: Store | undefined;
  await untilItHolds(async () => {
    opened = await openStore(url);
    return true;
  });
  return opened as Store;
}

/** Until it holds; what it throws meanwhile does not count. */
async function untilItHolds(holds: () => Promise<boolean>): Promise<void> {
  await until(
    () => holds().catch(() => false),
    () => `${holds}`,
  );
}

/** `master`, or whose replica it is: `slave of 6379`. */
async function roleOf(server: RedisServer): Promise<string> {
  const [, , role = '', , , port = ''] = (await server.command('ROLE')).split('\r\n');
  return role === 'master' ? role : `slave of ${port.slice(1)}`;
}

/** The master that Sentinel has chosen, once the two others have all its data: Sentinel itself is slow to see to that. */
async function settled(): Promise<RedisServer> {
  const mark = randomUUID();
  let master: RedisServer | undefined;
  await untilItHolds(async () => {
    const address = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'bot');
    master = servers.find(({ port }) => address.includes(`${port}`));
    if (master === undefined || (await roleOf(master)) !== 'master') return false;
    const replicas = servers.filter((server) => server !== master);
    for (const replica of replicas) {
      const isLost = (await roleOf(replica)) !== `slave of ${master.port}`;
      if (isLost) await replica.command('REPLICAOF', '127.0.0.1', `${master.port}`);
    }
    return isCopied(mark, master, replicas);
  });
  return master as RedisServer;
}

test('while no replica answers, nothing is said to be kept; once one does, it is', async () => {
  const [, ...replicas] = servers as [RedisServer, ...RedisServer[]];
  await Promise.all(replicas.map((replica) => replica.signal('SIGSTOP')));
  const started = performance.now();
  await expect(store.write('alone', 1, 0)).rejects.toBeInstanceOf(StoreUnavailable);
  expect(performance.now() - started).toBeLessThan(LONGEST_ANSWER);
  await Promise.all(replicas.map((replica) => replica.signal('SIGCONT')));
  await untilItHolds(() => store.write('with others', 1, 0));
}, 30_000);

test('a master that is killed again and again takes nothing with it that was acknowledged', async () => {
  const written = new Map<string, number>();
  let unavailable = 0;
  let slowestAnswer = 0;
  let slowestFailover = 0;

  /** Writes and writes, until it is told to stop. */
  const writeOn = async (failover: number, stopping: AbortSignal) => {
    for (let number = 1; !stopping.aborted; number++) {
      const key = `record/${failover}/${number}`;
      const started = performance.now();
      const said = await store.write(key, number, 0).catch((error: unknown) => error);
      slowestAnswer = Math.max(slowestAnswer, performance.now() - started);
      if (said === true) written.set(key, number);
      else unavailable += 1;
      await sleep(said === true ? 2 : 20);
    }
  };
  for (let failover = 1; failover <= FAILOVERS; failover++) {
    const master = await settled();
    const others = servers.filter((server) => server !== master);
    const enough = new AbortController();
    const writing = writeOn(failover, enough.signal);
    try {
      await sleep(randomInt(5, 60));
      await master.signal('SIGKILL');
      const killed = performance.now();
      await untilItHolds(async () => (await Promise.all(others.map(roleOf))).includes('master'));
      const before = written.size;
      await untilItHolds(async () => written.size > before);
      slowestFailover = Math.max(slowestFailover, performance.now() - killed);
      await master.start();
    } finally {
      enough.abort();
      await writing;
    }
  }
  let lost = 0;
  for (const [key, number] of written) if ((await store.read(key))?.value !== number) lost += 1;
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  tell(
    'redis-failover',
    `${FAILOVERS} masters killed, ${written.size} writes acknowledged, ${lost} lost, ${unavailable} refused, slowest answer ${seconds(slowestAnswer)} s, writing again after ${seconds(slowestFailover)} s at most`,
    { failovers: FAILOVERS, acknowledged: written.size, lost, unavailable, slowestAnswer, slowestFailover },
  );
  expect(lost).toBe(0);
  expect(slowestAnswer).toBeLessThan(LONGEST_ANSWER);
  expect(unavailable).toBeGreaterThan(0);
}, 3_600_000);
