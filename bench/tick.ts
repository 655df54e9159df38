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
import { Server, startFlags } from './server.ts';
import type { Memory, Morning, TickerOptions } from './servers/ticker.ts';

const DUE = 1_000;
const SMALLEST = 10_000;
const LARGEST = 1_000_000;
const SIZES = [SMALLEST, LARGEST] as const;
type Size = (typeof SIZES)[number];
const STORES = ['LMDB', 'Redis'] as const;
type StoreName = (typeof STORES)[number];

/** Working days at 9:00 in Paris, after the expiry of those that are due: every one of them brings each a reminder. */
const MORNINGS = ['02', '03', '04', '05', '08', '09', '10', '11'].map(
  (day) => `2027-03-${day}T08:00:00.000Z`,
);
const EXPIRED = '2027-03-01T01:00:00.000Z';
const FAR = '2028-02-01T01:00:00.000Z';
const ADDED = '2027-03-01T12:00:00.000Z';
/** Written side by side, so that the store commits them together. */
const CHUNK = 500;

export const benches: Bench[] = STORES.flatMap((store) => [
  ...SIZES.map((size) => ({
    name: `tick 1,000 of ${size.toLocaleString('en')} on ${store}`,
    unit: 'ms',
    run: () => compared(store, size, 'tick', 'bareTick'),
  })),
  { name: `tick flat on ${store}`, unit: 'ms, of 1,000,000 over of 10,000', run: () => flat(store) },
  {
    name: `tick claims and reads of 1,000,000 on ${store}`,
    unit: 'ms',
    run: () => compared(store, LARGEST, 'reads', 'bareReads'),
  },
  { name: `tick memory of 1,000,000 on ${store}`, unit: 'MB of its own', run: () => memory(store, 'own') },
  {
    name: `tick resident of 1,000,000 on ${store}`,
    unit: 'MB, with the pages of files',
    run: () => memory(store, 'resident'),
  },
]);

async function compared(
  store: StoreName,
  size: Size,
  ours: 'tick' | 'reads',
  floor: 'bareTick' | 'bareReads',
): Promise<Measured> {
  const mornings = (await ticked(store))[size];
  return { ours: median(mornings, ours), floor: median(mornings, floor) };
}

async function flat(store: StoreName): Promise<Measured> {
  const found = await ticked(store);
  return { ours: median(found[LARGEST], 'tick'), floor: median(found[SMALLEST], 'tick') };
}

/** After the last tick, beside the same process before the first. */
async function memory(store: StoreName, kind: keyof Memory): Promise<Measured> {
  const last = (await ticked(store))[LARGEST].at(-1);
  return {
    ours: (last?.memory[kind] ?? 0) / 1_000_000,
    floor: (last?.memoryBefore[kind] ?? 0) / 1_000_000,
  };
}

function median(mornings: readonly Morning[], what: Timing): number {
  return percentile(
    50,
    mornings.map((morning) => morning[what]),
  );
}

type Timing = Exclude<keyof Morning, 'memory' | 'memoryBefore'>;

type Ticked = Readonly<Record<Size, readonly Morning[]>>;

/** Each kind of store is filled and ticked once, however many benchmarks look at it. */
const known = new Map<StoreName, Promise<Ticked>>();

function ticked(store: StoreName): Promise<Ticked> {
  const ticking = known.get(store) ?? tickAll(store);
  known.set(store, ticking);
  return ticking;
}

/** The two sizes in turn, so that whatever else the machine does meets both alike. The first morning does not count. */
async function tickAll(name: StoreName): Promise<Ticked> {
  const smallest = await openTicker(name, SMALLEST);
  const largest = await openTicker(name, LARGEST);
  const found: Record<Size, Morning[]> = { [SMALLEST]: [], [LARGEST]: [] };
  try {
    for (const _ of MORNINGS) {
      found[SMALLEST].push(await smallest.server.ask<Morning>());
      found[LARGEST].push(await largest.server.ask<Morning>());
    }
    return { [SMALLEST]: found[SMALLEST].slice(1), [LARGEST]: found[LARGEST].slice(1) };
  } finally {
    await smallest.close();
    await largest.close();
  }
}

async function openTicker(name: StoreName, size: Size) {
  const folder = await mkdtemp(join(tmpdir(), 'chorus-bench-'));
  const redis =
    name === 'Redis' ? await RedisServer.start(...DURABLE, '--auto-aof-rewrite-percentage', '0') : undefined;
  const url = redis?.url ?? `lmdb:${join(folder, 'store')}`;
  const due = await fill(url, size);
  const options: TickerOptions = { url, due, mornings: MORNINGS };
  const server = await Server.start('ticker', options, startFlags());
  const close = async () => {
    await server.stop();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { server, close };
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
