import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AccountId, accountId } from '../../src/store/accounts.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { ageClaims } from '../store/age-claims.ts';
import { DURABLE, RedisServer } from '../store/redis-server.ts';
import { until } from '../until.ts';
import type { Dependencies } from './dependencies.ts';
import { addAccount, openBot, passwordsOf, saysKept, submit } from './submissions.ts';
import { FULL, tell } from './volume.ts';

const TIMES = FULL ? 200 : 5;
/** In ms: each call has 1.2 s, while the store takes for ever; the machine may be busy with something else. */
const LONGEST_ANSWER = 20_000;

let redis: RedisServer;
let store: Store;
let bot: Dependencies;

beforeAll(async () => {
  redis = await RedisServer.start(...DURABLE);
  store = await openStore(redis.url);
  bot = openBot(store);
});
afterAll(async () => {
  await store.close();
  await redis.stop();
});

interface Fault {
  /** Given the account whose password is on its way. */
  readonly strikes: (account: AccountId) => Promise<unknown>;
  readonly ends: (account: AccountId) => Promise<unknown>;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'killed and restarted': { strikes: () => redis.signal('SIGKILL'), ends: () => redis.start() },
  stopped: { strikes: () => redis.signal('SIGSTOP'), ends: () => redis.signal('SIGCONT') },
  full: {
    strikes: () => redis.command('CONFIG', 'SET', 'maxmemory', '1'),
    ends: () => redis.command('CONFIG', 'SET', 'maxmemory', '0'),
  },
  'a read-only replica': {
    strikes: () => redis.command('REPLICAOF', '127.0.0.1', '1'),
    ends: () => redis.command('REPLICAOF', 'NO', 'ONE'),
  },
  'without its replicas': {
    strikes: () => redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1'),
    ends: () => redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0'),
  },
  'of another type': overwritten('LPUSH', 'canary'),
  corrupt: overwritten('SET', '{"value": {"version":1,"write":"x","data": canary'),
};

/** The record of the passwords is put aside, and something else is found in its place: never nothing in between. */
function overwritten(command: string, value: string): Fault {
  const keyOf = (account: AccountId) => `chorus:records:credential/${account}`;
  const swap = `redis.call('RENAME', KEYS[1], 'aside') return redis.call(ARGV[1], KEYS[1], ARGV[2])`;
  return {
    strikes: (account) => redis.command('EVAL', swap, '1', keyOf(account), command, value),
    ends: async (account) => {
      // What we cannot read is somebody's: it must still be there.
      const held = await redis.command('EXISTS', keyOf(account));
      expect(held).toContain(':1');
      await redis.command('RENAME', 'aside', keyOf(account));
    },
  };
}

async function answering(): Promise<void> {
  await until(() =>
    store.ping().then(
      () => true,
      () => false,
    ),
  );
}

/** As a patient person does, on a machine that may be busy. */
async function submitUntilKept(account: AccountId): Promise<boolean> {
  for (let tries = 0; tries < 5; tries++) {
    if (saysKept(await submit(bot, account, 'second'))) return true;
    await ageClaims(redis.url, 31_000);
  }
  return false;
}

const expected = new Map<AccountId, readonly string[]>();
const seen: Record<
  string,
  { times: number; kept: number; refused: number; falselyKept: number; slowest: number }
> = {};

test.each(Object.entries(FAULTS))(
  'a Redis that is %s never makes the bot say that it keeps what it does not, nor wait',
  async (name, { strikes, ends }) => {
    const figures = { times: TIMES, kept: 0, refused: 0, falselyKept: 0, slowest: 0 };
    seen[name] = figures;
    for (let time = 1; time <= TIMES; time++) {
      const account = accountId(`${name.replaceAll(' ', '-')}-${time}`);
      await addAccount(store, bot.credentials, account);

      const started = performance.now();
      // Once before the first call, then somewhere between it and the last.
      const struck = time === 1 ? strikes(account) : sleep(randomInt(0, 12)).then(() => strikes(account));
      if (time === 1) await struck;
      const answer = await submit(bot, account, 'second');
      figures.slowest = Math.max(figures.slowest, performance.now() - started);
      await struck;
      const said = saysKept(answer);
      figures[said ? 'kept' : 'refused'] += 1;
      await ends(account);
      await answering();
      const held = await passwordsOf(bot, account);
      if (said && !held.includes('second')) figures.falselyKept += 1;
      expect(held).toContain('first');

      // The crash of a submission is forgotten in 30 s; then the same form is sent again, and nothing is in its way.
      await ageClaims(redis.url, 31_000);
      expect(said || (await submitUntilKept(account))).toBe(true);
      await bot.settled();
      expected.set(account, await passwordsOf(bot, account));
    }
    expect(figures.falselyKept).toBe(0);
    expect(figures.slowest).toBeLessThan(LONGEST_ANSWER);
  },
  3_600_000,
);

test('after all of it everything is there, and nothing has surfaced that was given up', async () => {
  let surfaced = 0;
  for (const [account, passwords] of expected) {
    if (JSON.stringify(await passwordsOf(bot, account)) !== JSON.stringify(passwords)) surfaced += 1;
  }
  const kinds = Object.values(seen);
  const sum = (of: (figures: (typeof kinds)[number]) => number) => kinds.map(of).reduce((a, b) => a + b, 0);
  const slowest = Math.max(...kinds.map((figures) => figures.slowest));
  tell(
    'redis',
    `${kinds.length} faults × ${TIMES}, ${sum(({ refused }) => refused)} submissions refused and ${sum(({ kept }) => kept)} kept, ${sum(({ falselyKept }) => falselyKept)} falsely, ${surfaced} old writes surfaced, slowest answer ${(slowest / 1_000).toFixed(1)} s`,
    { faults: seen, surfaced },
  );
  expect(surfaced).toBe(0);
  expect(expected.size).toBe(TIMES * kinds.length);
  // Each fault struck in time to be seen at least once.
  for (const [name, { refused }] of Object.entries(seen)) expect([name, refused > 0]).toEqual([name, true]);
}, 60_000);
