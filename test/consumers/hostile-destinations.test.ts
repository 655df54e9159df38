import type { lookup } from 'node:dns';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Deliveries } from '../../src/consumers/deliveries.ts';
import { type DeliveryState, Destinations } from '../../src/consumers/destinations.ts';
import { Outbound } from '../../src/consumers/outbound.ts';
import { newWebhookSecret } from '../../src/consumers/webhook.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import type { AccountId } from '../../src/store/accounts.ts';
import { chorusConnector, pastell, Receiver, status } from './receivers.ts';
import { LOGIN, World } from './world.ts';

// Destinations that answer what no Pastell and no webhook should, and names that lead elsewhere.

const PASSWORD = 'goZckgkKevikl';
const HOUR_MS = 3_600_000;
const CONNECTOR = { id_connecteur: 'cpp', data: { user_login: LOGIN } };

let world: World;
let account: AccountId;
let receiver: Receiver;
let destinations: Destinations;
const opened: Outbound[] = [];

beforeEach(async () => {
  world = await World.open();
  account = await world.addAccount();
  receiver = await Receiver.open();
  destinations = new Destinations(world.store, world.sealer);
});
afterEach(async () => {
  await receiver.close();
  for (const outbound of opened.splice(0)) await outbound.close();
  await world.close();
});

function deliveriesBy(outbound: Outbound): Deliveries {
  opened.push(outbound);
  return new Deliveries({
    ...world,
    destinations,
    outbound,
    stuck: async () => undefined,
    attempted: () => undefined,
    log: createLog('silent'),
    now: () => world.now,
    random: () => 0,
  });
}

/** Pushes one password to a Pastell at the receiver; gives how that ended. */
async function pushed(deliveries = deliveriesBy(new Outbound())): Promise<DeliveryState> {
  const about = { account, baseUrl: receiver.url, entity: 3, connector: 7, user: 'bot', viaProxy: false };
  const { id } = await destinations.add({ kind: 'pastell', ...about }, new Secret('s3cret'), world.now);
  await world.use(account, PASSWORD);
  await deliveries.tick();
  const state = await destinations.state(id);
  expect(JSON.stringify(state)).not.toMatch(new RegExp(`${PASSWORD}|s3cret`));
  return state;
}

const methods = () => receiver.received.map(({ method }) => method);
const json = (content: unknown) => JSON.stringify(content);

describe('a Pastell that answers garbage', () => {
  test.each([
    ['a page', '<html><body>Bienvenue</body></html>'],
    ['nothing', ''],
    ['half of an answer', json(CONNECTOR).slice(0, -3)],
    ['null', 'null'],
    ['a list', json([CONNECTOR])],
    ['a connector without content', json({ id_connecteur: 'cpp' })],
    ['fields of another type', json({ id_connecteur: 7, data: 'x' })],
    ['20 MB', json({ ...CONNECTOR, libelle: 'x'.repeat(20 * 1024 * 1024) })],
  ])('gets no password where its connector is %s', async (_, body) => {
    receiver.answers((_received, response) => void response.writeHead(200).end(body));
    const state = await pushed();
    expect(methods()).toEqual(['GET']);
    expect(state).toMatchObject({
      deliveredVersion: 0,
      failures: 1,
      lastResult: 'Pastell a répondu autre chose qu’un connecteur',
    });
  });

  test.each([
    ['a page', 200, '<html>', 'son test n’a pas abouti (une réponse que je ne connais pas)'],
    ['nothing', 200, '', 'son test n’a pas abouti (une réponse que je ne connais pas)'],
    ['no result', 200, json({ last_message: 'ok' }), 'n’a pas abouti (une réponse que je ne connais pas)'],
    ['a result that is no yes', 200, json({ result: 'true', last_message: 'ok' }), 'son test dit : ok'],
    ['an error', 500, 'Fatal error', 'HTTP 500'],
  ])(
    'has the password where its own test answers %s: that counts as an attempt',
    async (_, code, body, why) => {
      receiver.answers(({ method }, response) => {
        if (method !== 'POST') return void response.writeHead(200).end(json(CONNECTOR));
        response.writeHead(code).end(body);
      });
      const deliveries = deliveriesBy(new Outbound());
      const state = await pushed(deliveries);
      expect(state).toMatchObject({
        deliveredVersion: 0,
        failures: 1,
        lastResult: expect.stringContaining(why),
      });
      // Chorus Pro may have been asked each time: no more often than the bot itself.
      for (let hours = 0; hours < 23; hours += 1) {
        world.now = new Date(world.now.getTime() + HOUR_MS);
        await deliveries.tick();
      }
      expect(methods().filter((method) => method === 'POST')).toHaveLength(3);
    },
  );

  test('never: its test that hangs up counts too, and says so', async () => {
    receiver.answers(({ method }, response) => {
      if (method !== 'POST') return void response.writeHead(200).end(json(CONNECTOR));
      response.destroy();
    });
    const { lastResult } = await pushed();
    expect(lastResult).toMatch(/^Pastell a reçu le mot de passe, mais son test n’a pas abouti \(\w+\)$/);
  });

  test('by a redirect: neither the password nor its secret goes there', async () => {
    const elsewhere = await Receiver.open(status(200));
    receiver.answers(status(307, { location: `${elsewhere.url}/` }));
    expect((await pushed()).lastResult).toContain('HTTP 307');
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });
});

test.each([
  ['120', 120_000],
  ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
  ['-5', 0],
  ['soon', undefined],
  ['99999999999999999999', 24 * HOUR_MS],
])('Retry-After: %s', async (header, retryAfterMs) => {
  const outbound = new Outbound();
  opened.push(outbound);
  receiver.answers(status(503, { 'retry-after': header }));
  const asked = { method: 'POST', url: receiver.url, headers: {}, timeoutMs: 10_000 } as const;
  expect(await outbound.call(asked)).toMatchObject({ status: 503, retryAfterMs });
});

test('a name is looked up at each push: once it leads to a metadata service nothing is sent, and the reason is shown', async () => {
  let lookups = 0;
  const resolve = ((_host: string, _options: unknown, callback: (...given: unknown[]) => void) => {
    lookups += 1;
    if (lookups === 1) return callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
    // The first of them alone would do.
    callback(null, [
      { address: '192.0.2.7', family: 4 },
      { address: '169.254.169.254', family: 4 },
    ]);
  }) as unknown as typeof lookup;
  const deliveries = deliveriesBy(new Outbound({ resolve }));
  const about = { kind: 'webhook', account, url: 'https://odoo.example/hook', viaProxy: false } as const;
  const { id } = await destinations.add(about, newWebhookSecret(), world.now);
  await world.use(account, PASSWORD);
  await deliveries.tick();
  expect((await destinations.state(id)).lastResult).toBe('ENOTFOUND');
  world.now = new Date(world.now.getTime() + HOUR_MS);
  await deliveries.tick();
  expect(lookups).toBe(2);
  expect((await destinations.state(id)).lastResult).toBe(
    'adresse interdite : lien local, service de métadonnées ou plusieurs machines',
  );
});

test('a password that becomes current while an older one is pushed is pushed after it, and stays', async () => {
  const connector = chorusConnector(LOGIN);
  const answer = pastell(connector);
  let isNewer = false;
  const renewed = async () => {
    isNewer = true;
    world.now = new Date(world.now.getTime() + 1);
    await world.use(account, 'theSecondOne');
  };
  receiver.answers((received, response) => {
    const first = received.method === 'PATCH' && !isNewer ? renewed() : Promise.resolve();
    void first.then(() => answer(received, response));
  });
  const deliveries = deliveriesBy(new Outbound());
  expect(await pushed(deliveries)).toMatchObject({ deliveredVersion: 1 });
  await deliveries.tick();
  expect(connector.password).toBe('theSecondOne');
  world.now = new Date(world.now.getTime() + 72 * HOUR_MS);
  await deliveries.tick();
  expect(connector.password).toBe('theSecondOne');
  expect(methods().filter((method) => method === 'PATCH')).toHaveLength(2);
});
