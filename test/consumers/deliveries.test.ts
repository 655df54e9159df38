import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { Deliveries, type StuckDelivery } from '../../src/consumers/deliveries.ts';
import { type Destination, Destinations } from '../../src/consumers/destinations.ts';
import { Outbound } from '../../src/consumers/outbound.ts';
import { newWebhookSecret } from '../../src/consumers/webhook.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import type { AccountId } from '../../src/store/accounts.ts';
import { DELIVERIES } from '../../src/store/credentials.ts';
import { chorusConnector, type PastellState, pastell, Receiver, status } from './receivers.ts';
import { LOGIN, World } from './world.ts';

let world: World;
let account: AccountId;
let receiver: Receiver;
let outbound: Outbound;
let destinations: Destinations;
let deliveries: Deliveries;
let stuck: StuckDelivery[];
const key = newWebhookSecret();

beforeEach(async () => {
  world = await World.open();
  account = await world.addAccount();
  receiver = await Receiver.open();
  outbound = new Outbound();
  destinations = new Destinations(world.store, world.sealer);
  stuck = [];
  deliveries = replica();
});
afterEach(async () => {
  await receiver.close();
  await outbound.close();
  await world.close();
});

function replica(): Deliveries {
  return new Deliveries({
    ...world,
    destinations,
    outbound,
    stuck: async (delivery) => void stuck.push(delivery),
    attempted: (id) => void world.used.push(id),
    log: createLog('silent'),
    now: () => world.now,
    random: () => 0,
  });
}

function addWebhook(url = `${receiver.url}/hook`): Promise<Destination> {
  return destinations.add({ kind: 'webhook', account, url, viaProxy: false }, key, world.now);
}

function addPastell(entity = 3, secret = 's3cret'): Promise<Destination> {
  const about = { account, baseUrl: receiver.url, entity, connector: 7, user: 'bot', viaProxy: false };
  return destinations.add({ kind: 'pastell', ...about }, new Secret(secret), world.now);
}

function later(ms: number): void {
  world.now = new Date(world.now.getTime() + ms);
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

describe('a webhook', () => {
  test('tells, signed, which account has a new password, and never the password', async () => {
    const { id } = await addWebhook();
    await world.use(account, 'goZckgkKevikl');
    await deliveries.tick();
    const [received, ...more] = receiver.received;
    expect(more).toEqual([]);
    const { body = '', headers = {} } = received ?? {};
    expect(JSON.stringify(received)).not.toContain('goZckgkKevikl');
    // A library that nobody here wrote checks the signature; its own clock is now's.
    const verified = new Webhook(key.reveal()).sign(
      headers['webhook-id'] ?? '',
      new Date(Number(headers['webhook-timestamp']) * 1000),
      body,
    );
    expect(headers['webhook-signature']).toBe(verified);
    expect(headers['webhook-id']).toBe(`${id}-1`);
    expect(JSON.parse(body)).toEqual({
      type: 'chorus.password.changed',
      timestamp: world.now.toISOString(),
      data: { login: LOGIN, version: 1 },
    });
    expect(await destinations.state(id)).toMatchObject({ deliveredVersion: 1, lastResult: 'HTTP 204' });
  });

  test('that fails is tried again after the pauses of the specification, with the same id', async () => {
    const { id } = await addWebhook();
    receiver.answers(status(500));
    await world.use(account, 'first');
    const pauses = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, 86_400];
    await deliveries.tick();
    for (const [i, seconds] of pauses.entries()) {
      expect(receiver.received).toHaveLength(i + 1);
      later(seconds * SECOND - 1);
      await deliveries.tick();
      expect(receiver.received).toHaveLength(i + 1);
      later(1);
      await deliveries.tick();
    }
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set([`${id}-1`]),
    );
    receiver.answers(status(200));
    later(24 * HOUR);
    await deliveries.tick();
    expect(await destinations.state(id)).toMatchObject({ deliveredVersion: 1, failures: 0 });
    const sent = receiver.received.length;
    later(72 * HOUR);
    await deliveries.tick();
    expect(receiver.received).toHaveLength(sent);
  });

  test('obeys Retry-After, and takes a redirect for a failure', async () => {
    const { id } = await addWebhook();
    receiver.answers(status(503, { 'retry-after': '7200' }));
    await world.use(account, 'first');
    await deliveries.tick();
    expect(await destinations.state(id)).toMatchObject({
      nextAt: new Date(world.now.getTime() + 2 * HOUR).toISOString(),
    });
    receiver.answers(status(302, { location: `${receiver.url}/elsewhere` }));
    later(2 * HOUR);
    await deliveries.tick();
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook', '/hook']);
    expect(await destinations.state(id)).toMatchObject({ failures: 2, lastResult: 'HTTP 302' });
  });

  test('that answers 410 is turned off, and the administrators are told once', async () => {
    const { id } = await addWebhook();
    receiver.answers(status(410));
    await world.use(account, 'first');
    await deliveries.tick();
    await world.use(account, 'second');
    await deliveries.tick();
    expect(receiver.received).toHaveLength(1);
    expect(await destinations.state(id)).toMatchObject({ isDisabled: true });
    expect(stuck).toMatchObject([{ destination: { id }, login: LOGIN, result: 'HTTP 410' }]);
  });

  test('without success for a day is told to the administrators once', async () => {
    await addWebhook();
    receiver.answers(status(500));
    await world.use(account, 'first');
    for (let hours = 0; hours < 72; hours++) {
      await deliveries.tick();
      later(HOUR);
    }
    expect(stuck).toHaveLength(1);
  });

  test('gets the newest version only, and never an older one after it', async () => {
    await addWebhook();
    receiver.answers(status(500));
    await world.use(account, 'first');
    await deliveries.tick();
    await world.use(account, 'second');
    receiver.answers(status(200));
    await deliveries.tick();
    later(72 * HOUR);
    await deliveries.tick();
    const versions = receiver.received.map(({ body }) => JSON.parse(body).data.version);
    expect(versions).toEqual([1, 2]);
  });

  test('is sent by one replica, however many look', async () => {
    await addWebhook();
    await world.use(account, 'first');
    await Promise.all([replica(), replica(), replica()].map((each) => each.tick()));
    later(10 * 60 * SECOND);
    await Promise.all([replica(), replica(), replica()].map((each) => each.tick()));
    expect(receiver.received).toHaveLength(1);
  });

  test('whose answer is garbage without end costs a little memory, and is a success', async () => {
    const { id } = await addWebhook();
    receiver.answers((_received, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (response.write(chunk));
      };
      response.on('drain', more).on('error', () => undefined);
      more();
    });
    await world.use(account, 'first');
    await deliveries.tick();
    expect(await destinations.state(id)).toMatchObject({ deliveredVersion: 1 });
  });
});

describe('Pastell', () => {
  let state: PastellState;
  beforeEach(() => {
    state = chorusConnector(LOGIN, (password) => password === 'goZckgkKevikl');
    receiver.answers(pastell(state));
  });

  test('gets the password in its connector, after the journal, and tests it', async () => {
    const { id } = await addPastell();
    await world.use(account, 'goZckgkKevikl');
    await deliveries.tick();
    expect(state.password).toBe('goZckgkKevikl');
    expect(await destinations.state(id)).toMatchObject({
      deliveredVersion: 1,
      lastResult: 'Pastell : La connexion est réussie',
    });
    expect(await world.journal.entries({ limit: 1 })).toMatchObject([
      { who: `destination:${id}`, what: 'passwordPushed version 1', account },
    ]);
  });

  test('gets nothing where the journal cannot be written, and gets it once it can', async () => {
    await addPastell();
    await world.use(account, 'goZckgkKevikl');
    world.failing = /^journal\//;
    await deliveries.tick();
    expect(state.password).toBe('old');
    world.failing = undefined;
    later(60 * SECOND);
    await deliveries.tick();
    expect(state.password).toBe('goZckgkKevikl');
  });

  test.each([
    ['a connector of another kind', { connectorType: 's2low' }, 'n’est pas un connecteur Chorus Pro'],
    ['one with another login', { login: 'TECH_1_OTHER@cpro.fr' }, 'autre identifiant'],
    ['one of another entity', { entity: 4 }, "n'appartient pas à l'entité 3"],
  ])('is not written to where it is %s', async (_, changed, why) => {
    Object.assign(state, changed);
    const { id } = await addPastell();
    await world.use(account, 'goZckgkKevikl');
    await deliveries.tick();
    expect(state.password).toBe('old');
    expect(receiver.received.map(({ method }) => method)).toEqual(['GET']);
    expect((await destinations.state(id)).lastResult).toContain(why);
  });

  test('tries a password at Chorus Pro three times a day at most, as the bot itself', async () => {
    await addPastell();
    await world.use(account, 'another');
    for (let i = 0; i < 6; i++) {
      await deliveries.tick();
      later(150 * 60 * SECOND);
    }
    const tests = receiver.received.filter(({ path }) => path.endsWith('/action/test-cpp'));
    expect(tests).toHaveLength(3);
  });

  test('whose own test is not conclusive is tried again, and its words are shown', async () => {
    const { id } = await addPastell();
    await world.use(account, 'another');
    await deliveries.tick();
    expect(await destinations.state(id)).toMatchObject({
      deliveredVersion: 0,
      failures: 1,
      lastResult: expect.stringContaining('login or password incorrects'),
    });
  });

  test('that refuses who signs in is a failure without any secret in its words', async () => {
    const { id } = await addPastell(3, 'wr0ng-secret');
    await world.use(account, 'goZckgkKevikl');
    await deliveries.tick();
    const { lastResult = '' } = await destinations.state(id);
    expect(lastResult).toBe('Pastell a répondu HTTP 401 : Accès interdit');
    expect(JSON.stringify(await destinations.state(id))).not.toMatch(/wr0ng|goZck/);
  });

  test.each([
    ['the new content', { quotes: (password) => `Refusé : <b>${password}</b> de bot (s3cret)` }],
    ['the test', { refusal: (password) => `${'x'.repeat(190)} ${password} s3cret` }],
  ] satisfies [string, Partial<PastellState>][])(
    'whose words on %s quote what it was given is told of without that',
    async (_what, changed) => {
      Object.assign(state, changed);
      const { id } = await addPastell();
      await world.use(account, 'another_goZckgkKevikl');
      await deliveries.tick();
      const { lastResult = '' } = await destinations.state(id);
      expect(lastResult).toMatch(/\[secret\]|x{190}/);
      expect(lastResult).not.toMatch(/anoth|s3cret/);
    },
  );
});

test('an account without destinations leaves the queue', async () => {
  await world.use(account, 'first');
  await deliveries.tick();
  expect(await world.store.due(DELIVERIES, new Date('2100-01-01'), 10)).toEqual([]);
});

test('a destination’s secret is sealed in the store', async () => {
  const { id } = await addWebhook();
  for await (const name of world.store.keys(''))
    expect(JSON.stringify(await world.store.read(name))).not.toContain(key.reveal());
  expect((await destinations.secret(id))?.reveal()).toBe(key.reveal());
  expect(await destinations.remove(id)).toBe(true);
  expect(await destinations.ofAccount(account)).toEqual([]);
  expect(await destinations.secret(id)).toBeUndefined();
});
