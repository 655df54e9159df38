import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { FLUSHED, RedisServer, redisCluster, type RedisServer as Server } from '../store/redis-server.ts';
import { until } from '../until.ts';
import { FULL, tell } from './volume.ts';

const KILLS = FULL ? 200 : 6;
const PROCESS = join(process.cwd(), 'dist/build/test/faults/apply-process.js');

interface World {
  readonly url: string;
  readonly server?: Server;
}

/** What the store holds of the last batch, as numbers; 0: nothing. */
interface Seen {
  readonly wakeUp: number;
  readonly first: number;
  readonly second: number;
  /** Whether the claim of the number that `second` has is taken. */
  readonly isClaimed: boolean;
}

async function look(store: Store): Promise<Seen> {
  const [first, second] = await Promise.all([store.read<number>('first'), store.read<number>('second')]);
  const [at] = await store.scheduled('numbers', ['wake-up']);
  const token = await store.claim(`claim/${second?.value ?? 0}`, 600_000);
  return {
    wakeUp: at?.getTime() ?? 0,
    first: first?.value ?? 0,
    second: second?.value ?? 0,
    isClaimed: token === undefined,
  };
}

/** Kills the process that writes, or its server, again and again; gives what was there after each kill. */
async function killed(
  { url, server }: World,
  victim: 'process' | 'server',
  check: (seen: Seen, told: { begun: number; applied: number }) => void,
): Promise<{ batches: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'apply-'));
  const words = join(folder, 'words');
  appendFileSync(words, '');
  const lines = () => readFileSync(words, 'utf8').split('\n');
  const last = (word: string) => Math.max(0, ...lines().map((line) => numberAfter(word, line)));
  for (let kill = 0; kill < KILLS; kill++) {
    const writer: ChildProcess = fork(PROCESS, [url, words]);
    const ended = once(writer, 'exit');
    const enough = lines().length + randomInt(3, 40);
    await until(() => lines().length > enough);
    if (victim === 'server') {
      await server?.signal('SIGKILL');
      await server?.start();
    }
    writer.kill('SIGKILL');
    await ended;
    const store = await opened(url);
    check(await look(store), { begun: last('begun'), applied: last('applied') });
    await store.close();
  }
  const batches = last('applied');
  rmSync(folder, { recursive: true });
  return { batches };
}

function numberAfter(word: string, line: string): number {
  return line.startsWith(`${word} `) ? Number(line.slice(word.length)) : 0;
}

/** A server that was killed takes a moment until it answers, and a Cluster another until it has found itself complete. */
async function opened(url: string): Promise<Store> {
  for (;;) {
    let store: Store | undefined;
    try {
      store = await openStore(url);
      await store.ping();
      return store;
    } catch (error) {
      await store?.close();
      if (!(error instanceof StoreUnavailable)) throw error;
      await sleep(20);
    }
  }
}

/** All of a batch, or nothing of it. */
function expectWhole(seen: Seen, told: { begun: number; applied: number }): void {
  expect([seen.first, seen.wakeUp]).toEqual([seen.second, seen.second]);
  expect(seen.isClaimed).toBe(true);
  expect(seen.second).toBeGreaterThanOrEqual(told.applied);
  expect(seen.second).toBeLessThanOrEqual(told.begun);
}

/** A beginning of a batch: never a record without the wake-up that stands before it. */
function expectInOrder(seen: Seen, told: { begun: number; applied: number }): void {
  expect(seen.wakeUp).toBeGreaterThanOrEqual(seen.first);
  expect(seen.first).toBeGreaterThanOrEqual(seen.second);
  expect(seen.second).toBeGreaterThanOrEqual(told.applied);
  expect(seen.wakeUp).toBeLessThanOrEqual(told.begun);
}

test.each<[string, 'process' | 'server', () => Promise<World>, typeof expectWhole]>([
  [
    'LMDB',
    'process',
    async () => ({ url: `lmdb:${mkdtempSync(join(tmpdir(), 'apply-store-'))}` }),
    expectWhole,
  ],
  ['Redis', 'process', alone, expectWhole],
  ['Redis', 'server', alone, expectWhole],
  ['Redis Cluster', 'process', cluster, expectInOrder],
  ['Redis Cluster', 'server', cluster, expectInOrder],
])(
  'on %s, a kill -9 of the %s between operations leaves what the store promises of them',
  async (driver, victim, start, check) => {
    const world = await start();
    const { batches } = await killed(world, victim, check);
    await world.server?.stop();
    if (world.server === undefined) rmSync(world.url.slice('lmdb:'.length), { recursive: true });
    const promise = check === expectWhole ? 'all or nothing' : 'in order';
    tell(
      `apply-${driver}-${victim}`.replaceAll(' ', '-').toLowerCase(),
      `${driver}: the ${victim} killed ${KILLS} times while it applied ${batches} batches, each found ${promise}`,
      { kills: KILLS, batches },
    );
    expect(batches).toBeGreaterThan(KILLS);
  },
  3_600_000,
);

async function alone(): Promise<World> {
  const server = await RedisServer.start(...FLUSHED);
  return { url: server.url, server };
}

async function cluster(): Promise<World> {
  const server = await redisCluster();
  return { url: `${server.url}/?cluster`, server };
}
