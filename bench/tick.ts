import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place } from '../src/bot/channel.ts';
import { nextReminder } from '../src/chorus/expiry.ts';
import { type Account, Accounts } from '../src/store/accounts.ts';
import { openStore } from '../src/store/open.ts';
import { People } from '../src/store/people.ts';
import { DURABLE, RedisServer } from '../test/store/redis-server.ts';
import { loginOf, SIRET } from './accounts.ts';
import type { Due } from './bare-store.ts';
import { type Bench, type Measured, percentile } from './bench.ts';
import { Server } from './server.ts';
import type { Ticked, TickerOptions } from './servers/ticker.ts';

const DUE = 1_000;
const SIZES = [10_000, 1_000_000] as const;
type Size = (typeof SIZES)[number];
const STORES = ['LMDB', 'Redis'] as const;
type StoreName = (typeof STORES)[number];

/** Working days at 9:00 in Paris, after the expiry of those that are due: every one of them brings each a reminder. */
const MORNINGS = ['02', '03', '04', '05', '08', '09'].map((day) => `2027-03-${day}T08:00:00.000Z`);
const EXPIRED = '2027-03-01T01:00:00.000Z';
const FAR = '2028-02-01T01:00:00.000Z';
const ADDED = '2027-03-01T12:00:00.000Z';
/** Written side by side, so that the store commits them together. */
const CHUNK = 500;

export const benches: Bench[] = STORES.flatMap((store) => [
  ...SIZES.map((size) => ({
    name: `tick 1,000 of ${size.toLocaleString('en')} on ${store}`,
    unit: 'ms',
    run: () => compared(store, size, 'ticks', 'bareTicks'),
  })),
  { name: `tick flat on ${store}`, unit: 'ms, of 1,000,000 over of 10,000', run: () => flat(store) },
  {
    name: `tick claims and reads of 1,000,000 on ${store}`,
    unit: 'ms',
    run: () => compared(store, 1_000_000, 'reads', 'bareReads'),
  },
  { name: `tick memory of 1,000,000 on ${store}`, unit: 'MB of its own', run: () => memory(store) },
]);

/** Each store is filled and ticked once, however many benchmarks look at it. */
const ticked = new Map<string, Promise<Ticked>>();

async function compared(
  store: StoreName,
  size: Size,
  ours: 'ticks' | 'reads',
  floor: 'bareTicks' | 'bareReads',
): Promise<Measured> {
  const found = await tickedOn(store, size);
  return { ours: percentile(50, found[ours]), floor: percentile(50, found[floor]) };
}

async function flat(store: StoreName): Promise<Measured> {
  const smallest = await tickedOn(store, 10_000);
  const largest = await tickedOn(store, 1_000_000);
  return { ours: percentile(50, largest.ticks), floor: percentile(50, smallest.ticks) };
}

/** After the ticks, beside the same process before the first. */
async function memory(store: StoreName): Promise<Measured> {
  const { memoryAfter, memoryBefore } = await tickedOn(store, 1_000_000);
  return { ours: memoryAfter / 1_000_000, floor: memoryBefore / 1_000_000 };
}

function tickedOn(store: StoreName, size: Size): Promise<Ticked> {
  const name = `${store} ${size}`;
  const known = ticked.get(name) ?? tick(store, size);
  ticked.set(name, known);
  return known;
}

async function tick(name: StoreName, size: Size): Promise<Ticked> {
  const folder = await mkdtemp(join(tmpdir(), 'chorus-bench-'));
  const redis =
    name === 'Redis' ? await RedisServer.start(...DURABLE, '--auto-aof-rewrite-percentage', '0') : undefined;
  try {
    const url = redis?.url ?? `lmdb:${join(folder, 'store')}`;
    const due = await fill(url, size);
    const options: TickerOptions = {
      url,
      due,
      mornings: MORNINGS,
    };
    const server = await Server.start<Ticked>('ticker', options);
    await server.stop();
    return server.ready;
  } finally {
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** So many accounts, of which those it gives are due on every morning. Each has a manager of its own. */
async function fill(url: string, size: Size): Promise<Due[]> {
  const store = await openStore(url, { allowVolatile: true });
  const accounts = new Accounts(store);
  const people = new People<Place>(store);
  const later = nextReminder({ expiry: new Date(FAR), alertMonths: 12 }, new Date(ADDED)).at;
  const due: Due[] = [];
  for (let first = 0; first < size; first += CHUNK) {
    const numbers = Array.from({ length: CHUNK }, (_, i) => first + i);
    await Promise.all(
      numbers.map((number) => {
        const account = accountOf(number);
        return store.write(`account/${account.id}`, account, 0);
      }),
    );
    const met = numbers.filter((number) => number < DUE).map((number) => accountOf(number));
    await Promise.all(
      met.map(({ manager }) =>
        people.meet(manager, {
          name: 'Hélène Gauthier',
          language: 'fr',
          place: { platform: 'teams', private: true, address: { conversation: manager } },
        }),
      ),
    );
    due.push(...met.map(({ id, manager }) => ({ id, manager })));
    await accounts.lookLater(
      numbers.map((number) => ({
        id: accountOf(number).id,
        at: number < DUE ? new Date(MORNINGS[0] ?? '') : later,
      })),
    );
  }
  await store.close();
  return due;
}

function accountOf(number: number): Account {
  const login = loginOf(number);
  return {
    id: login.toLowerCase(),
    login,
    siret: SIRET,
    structure: 'Commune de Saint-Aubin-sur-Loire',
    manager: `teams:tenant:${number}`,
    alertMonths: 12,
    expiry: { at: number < DUE ? EXPIRED : FAR, estimated: false },
    addedAt: ADDED,
  };
}
