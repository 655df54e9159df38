import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Deliveries } from '../../src/consumers/deliveries.ts';
import { type Destination, Destinations } from '../../src/consumers/destinations.ts';
import { Outbound } from '../../src/consumers/outbound.ts';
import { newWebhookSecret } from '../../src/consumers/webhook.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import { type AccountId, Accounts } from '../../src/store/accounts.ts';
import { Credentials, DELIVERIES } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import type { Store } from '../../src/store/store.ts';
import { chorusConnector, pastell, Receiver, status } from './receivers.ts';
import { LOGIN, World } from './world.ts';

/** More than the longest claim, so that what a dead process held is free again. */
const LATER_MS = 10 * 60_000;
const { now: realNow } = Date;

let world: World;
let receiver: Receiver;
let outbound: Outbound;
let account: AccountId;

beforeEach(async () => {
  world = await World.open();
  account = await world.addAccount();
  receiver = await Receiver.open(status(204));
  outbound = new Outbound();
});
afterEach(async () => {
  Date.now = realNow;
  await receiver.close();
  await outbound.close();
  await world.close();
});

/** A process on this store, which may be one that dies. */
function replica(store: Store): Deliveries {
  const { sealer } = world;
  return new Deliveries({
    store,
    accounts: new Accounts(store),
    credentials: new Credentials(store, sealer),
    destinations: new Destinations(store, sealer),
    journal: new Journal(store, sealer),
    outbound,
    stuck: async () => undefined,
    attempted: () => undefined,
    log: createLog('silent'),
    now: () => world.now,
    random: () => 0,
  });
}

/** A store for a process that dies at its n-th call: before the call, or after it and before the answer. */
function dying(at: number, isDone: boolean): { store: Store; died: Promise<void> } {
  let die: () => void = () => undefined;
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  let calls = 0;
  const never = new Promise<never>(() => undefined);
  const store = new Proxy(world.store, {
    get: (target, name: keyof Store) => {
      const method = (target[name] as (...given: unknown[]) => unknown).bind(target);
      return async (...given: unknown[]) => {
        calls += 1;
        if (calls < at) return method(...given);
        if (calls === at && isDone) await method(...given);
        die();
        return never;
      };
    },
  });
  return { store, died };
}

/** Lets one process after the other die, a call later each time, until one has lived to the end. Gives how many died. */
async function killedAtEachCall(isDone: boolean, check: (version: number) => Promise<void>): Promise<number> {
  for (let at = 1; ; at += 1) {
    receiver.received.length = 0;
    const { version } = await world.use(account, `password-${at}`);
    const { store, died } = dying(at, isDone);
    const hasDied = await Promise.race([
      replica(store)
        .tick()
        .then(() => false),
      died.then(() => true),
    ]);
    // The next process starts later, when the claims of the dead one are over.
    world.now = new Date(world.now.getTime() + LATER_MS);
    Date.now = () => realNow() + at * LATER_MS;
    await replica(world.store).tick();
    await check(version);
    expect(await world.store.due(DELIVERIES, new Date('2100-01-01'), 10)).toEqual([]);
    if (!hasDied) return at - 1;
  }
}

async function recorded(what: string): Promise<string[]> {
  const entries = await world.journal.entries({ limit: 10 });
  return entries.filter((entry) => entry.what === what).map(({ who }) => who);
}

describe.each([
  ['before it happens', false],
  ['after it has happened, and before the answer', true],
])('a process that dies at any call of the store, %s,', (_, isDone) => {
  test('loses no news of a webhook: a repeat has the same id', async () => {
    const destinations = new Destinations(world.store, world.sealer);
    const about = { kind: 'webhook', account, url: `${receiver.url}/hook`, viaProxy: false } as const;
    const { id } = await destinations.add(about, newWebhookSecret(), world.now);
    const died = await killedAtEachCall(isDone, async (version) => {
      const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
      expect(ids.length).toBeGreaterThanOrEqual(1);
      expect([...new Set(ids)]).toEqual([`${id}-${version}`]);
      expect(await destinations.state(id)).toMatchObject({ deliveredVersion: version });
      expect((await recorded(`passwordAnnounced version ${version}`)).length).toBeGreaterThanOrEqual(1);
    });
    expect(died).toBeGreaterThan(8);
  });

  test('loses no password that Pastell needs', async () => {
    const state = chorusConnector(LOGIN);
    receiver.answers(pastell(state));
    const destinations = new Destinations(world.store, world.sealer);
    const about = { account, baseUrl: receiver.url, entity: 3, connector: 7, user: 'bot', viaProxy: false };
    const added: Destination = await destinations.add(
      { kind: 'pastell', ...about },
      new Secret('s3cret'),
      world.now,
    );
    const died = await killedAtEachCall(isDone, async (version) => {
      expect(state.password).toBe(`password-${version}`);
      expect(await destinations.state(added.id)).toMatchObject({ deliveredVersion: version });
      expect((await recorded(`passwordPushed version ${version}`)).length).toBeGreaterThanOrEqual(1);
    });
    expect(died).toBeGreaterThan(8);
  });
});
