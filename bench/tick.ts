import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place } from '../src/bot/channel.ts';
import { nextReminder } from '../src/chorus/expiry.ts';
import { type Account, Accounts, accountId } from '../src/store/accounts.ts';
import { openStore } from '../src/store/open.ts';
import { People } from '../src/store/people.ts';
import { ANY_VERSION, StoreUnavailable } from '../src/store/store.ts';
import { DURABLE, RedisServer } from '../test/store/redis-server.ts';
import { loginOf, SIRET } from './accounts.ts';
import type { Due } from './bare-store.ts';
import { type Bench, type Measured, medianRound } from './bench.ts';
import { Server, startFlags } from './server.ts';
import type { Memory, Morning, TickerOptions } from './servers/morning.ts';

const DUE = 1_000;
const SMALLEST = 10_000;
const LARGEST = 1_000_000;
const SIZES = [SMALLEST, LARGEST] as const;
type Size = (typeof SIZES)[number];
const STORES = ['LMDB', 'Redis'] as const;
type StoreName = (typeof STORES)[number];

/** Working days at 9:00 in Paris, after the expiry of those that are due: every one of them brings each a reminder. */
const MORNINGS = [2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 22, 23].map(
  (day) => `2027-03-${String(day).padStart(2, '0')}T08:00:00.000Z`,
);
const EXPIRED = '2027-03-01T01:00:00.000Z';
const FAR = '2028-02-01T01:00:00.000Z';
const ADDED = '2027-03-01T12:00:00.000Z';
/** Written in one call. */
const CHUNK = 500;
const ATTEMPTS = 20;

export const benches: Bench[] = STORES.flatMap((store) => [
  ...SIZES.map((size) => ({
    name: `tick 1,000 of ${size.toLocaleString('en')} on ${store}`,
    unit: 'ms',
    run: () => compared(store, size, 'tick'),
  })),
  { name: `tick flat on ${store}`, unit: 'ms, of 1,000,000 over of 10,000', run: () => flat(store) },
  {
    name: `tick claims and reads of 1,000,000 on ${store}`,
    unit: 'ms',
    run: () => compared(store, LARGEST, 'reads'),
  },
  { name: `tick memory of 1,000,000 on ${store}`, unit: 'MB of its own', run: () => memory(store, 'own') },
  {
    name: `tick peak of 1,000,000 on ${store}`,
    unit: 'MB resident',
    run: () => memory(store, 'peak'),
  },
]);

async function compared(store: StoreName, size: Size, what: Timing): Promise<Measured> {
  const { ours, floor } = (await ticked(store))[size];
  return beside(ours, floor, what);
}

async function flat(store: StoreName): Promise<Measured> {
  const found = await ticked(store);
  return beside(found[LARGEST].ours, found[SMALLEST].ours, 'tick');
}

/** Morning by morning. The first, in which everything is still cold, does not count. */
function beside(ours: readonly Morning[], floor: readonly Morning[], what: Timing): Measured {
  const timesOf = (mornings: readonly Morning[]) => mornings.slice(1).flatMap((morning) => morning[what]);
  const floors = timesOf(floor);
  return medianRound(timesOf(ours).map((each, i) => ({ ours: each, floor: floors[i] ?? Number.NaN })));
}

/** After the last tick. */
async function memory(store: StoreName, kind: keyof Memory): Promise<Measured> {
  const { ours, floor } = (await ticked(store))[LARGEST];
  const megabytes = (mornings: readonly Morning[]) => (mornings.at(-1)?.memory[kind] ?? 0) / 1_000_000;
  return { ours: megabytes(ours), floor: megabytes(floor) };
}

type Timing = Exclude<keyof Morning, 'memory'>;

interface Mornings {
  readonly ours: Morning[];
  readonly floor: Morning[];
}

type Ticked = Readonly<Record<Size, Mornings>>;

/** Each kind of store is filled and ticked once, however many benchmarks look at it. */
const known = new Map<StoreName, Promise<Ticked>>();

function ticked(store: StoreName): Promise<Ticked> {
  const ticking = known.get(store) ?? tickAll(store);
  known.set(store, ticking);
  return ticking;
}

/**
 * Ours and the floor, each in a process of its own, on a small store and a large one: in turn, so that whatever else the
 * machine does meets all alike.
 */
async function tickAll(name: StoreName): Promise<Ticked> {
  const smallest = await openTickers(name, SMALLEST);
  const largest = await openTickers(name, LARGEST);
  try {
    for (const _ of MORNINGS) {
      await smallest.tick();
      await largest.tick();
    }
    return { [SMALLEST]: smallest.found, [LARGEST]: largest.found };
  } finally {
    await smallest.close();
    await largest.close();
  }
}

async function openTickers(name: StoreName, size: Size) {
  const folder = await mkdtemp(join(tmpdir(), 'chorus-bench-'));
  const redis =
    name === 'Redis' ? await RedisServer.start(...DURABLE, '--auto-aof-rewrite-percentage', '0') : undefined;
  const url = redis?.url ?? `lmdb:${join(folder, 'store')}`;
  const due = await fill(url, size);
  const options: TickerOptions = { url, due, mornings: MORNINGS };
  const ours = await Server.start('ticker', options, startFlags());
  const floor = await Server.start('bare-ticker', options, startFlags());
  const all: Mornings = { ours: [], floor: [] };
  return {
    found: all,
    tick: async () => {
      all.ours.push(await ours.ask<Morning>());
      all.floor.push(await floor.ask<Morning>());
    },
    close: async () => {
      await ours.stop();
      await floor.stop();
      await redis?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** So many accounts, of which those it gives are due on every morning. Each has a manager of its own. */
async function fill(url: string, size: Size): Promise<Due[]> {
  const store = await openStore(url, { allowVolatile: true });
  const accounts = new Accounts(store);
  const people = new People<Place>(store);
  const later = nextReminder({ expiry: new Date(FAR), alertMonths: 12 }, new Date(ADDED)).at;
  const due: Due[] = [];
  for (let first = 0; first < size; first += CHUNK) {
    const chunk = Array.from({ length: CHUNK }, (_, i) => accountOf(first + i));
    const dueAccounts = chunk.slice(0, Math.max(0, DUE - first));
    await untilTaken(async () => {
      await store.apply(
        chunk.map((account) => {
          return { type: 'write', key: `account/${account.id}`, value: account, version: ANY_VERSION };
        }),
      );
      await Promise.all(
        dueAccounts.map(({ manager }) =>
          people.remember(manager, {
            name: 'Hélène Gauthier',
            language: 'fr',
            place: { platform: 'teams', private: true, address: { conversation: manager } },
          }),
        ),
      );
      await accounts.lookLater(
        chunk.map(({ id }, i) => ({ id, at: first + i < DUE ? new Date(MORNINGS[0] ?? '') : later })),
      );
    });
    due.push(...dueAccounts.map(({ id, manager }) => ({ id, manager })));
  }
  await store.close();
  return due;
}

/** Does this until the store has taken all of it: on a machine that has other things to do, it refuses what comes too late. */
async function untilTaken(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || attempt === ATTEMPTS) throw error;
    }
  }
}

function accountOf(number: number): Account {
  const login = loginOf(number);
  return {
    id: accountId(login),
    login,
    siret: SIRET,
    structure: 'Commune de Saint-Aubin-sur-Loire',
    manager: `teams:tenant:${number}`,
    alertMonths: 12,
    expiry: { at: number < DUE ? EXPIRED : FAR, estimated: false },
    addedAt: ADDED,
  };
}
