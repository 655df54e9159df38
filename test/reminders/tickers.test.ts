import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { TIME_OUT } from '../../src/chorus/procedures/reset.ts';
import { begin } from '../../src/chorus/procedures/transitions.ts';
import type { PersonId } from '../../src/person.ts';
import { TestApp } from '../journeys/test-app.ts';
import { until } from '../until.ts';

const HOUR = 3_600_000;
/** Teams, as it takes every message and answers none; the bot gives up after 10 s. */
let silence: Server;
/** Messages whose answer the bot waits for. */
let waitingFor = 0;
let app: TestApp;
let people = 0;

beforeAll(async () => {
  silence = createServer((_, response) => {
    waitingFor += 1;
    response.on('close', () => {
      waitingFor -= 1;
    });
  }).listen(0, '127.0.0.1');
  await once(silence, 'listening');
  app = await TestApp.open();
});
afterAll(async () => {
  silence.closeAllConnections();
  silence.close();
  await app.close();
});

/** A tick of the reminders waits for an answer that does not come. */
beforeEach(async () => {
  const manager: PersonId = `teams:t:${++people}`;
  const { port } = silence.address() as AddressInfo;
  const address = { serviceUrl: `http://127.0.0.1:${port}/`, conversation: manager, bot: 'b' };
  await app.people.remember(manager, {
    name: 'Camille Roy',
    language: 'fr',
    place: { platform: 'teams', private: true, address },
  });
  await app.account(manager, {
    expiry: { at: new Date(Date.now() - HOUR).toISOString(), estimated: false },
  });
  await until(() => waitingFor > 0);
});

const readiness = async () => {
  const answer = await fetch(`${app.url}/readyz`);
  return { code: answer.status, ...((await answer.json()) as object) };
};

/** A reset whose hour has come is woken: its own ticker has looked at its agenda. */
async function resetsAreWoken(): Promise<void> {
  const { id } = await app.account('teams:t:somebody');
  const { reset } = begin('r', 'signIn', new Date(Date.now() - TIME_OUT));
  const place = { platform: 'slack', private: true, address: {} } as const;
  const holder = { id: 'slack:T:U', name: '', language: 'fr' } as const;
  await app.resets.save(id, { reset, holder, place }, 0);
  await app.resets.wakeAt(id, new Date());
  await until(async () => (await app.resets.load(id))?.value.reset.step === 'timedOut');
}

test('a reset is woken while the platform keeps the reminders waiting', async () => {
  await resetsAreWoken();
  expect(waitingFor).toBe(1);
});

test('one agenda that nobody has looked at for an hour is enough for /readyz and the metric to turn bad', async () => {
  expect(await readiness()).toEqual({ code: 200, status: 'ok' });
  app.skip(HOUR);
  const skipped = Date.now() + HOUR;
  await resetsAreWoken();
  expect(await readiness()).toEqual({ code: 503, status: 'unavailable', failed: ['tick'] });
  expect(await app.lastTick()).toBeLessThan(skipped - HOUR);
  silence.closeAllConnections();
  await until(async () => (await readiness()).code === 200);
  expect(await app.lastTick()).toBeGreaterThan(skipped);
});

test('a bot that stops takes nothing new, while it waits for what it has begun', async () => {
  let isStopped = false;
  const stopping = app.close().then(() => {
    isStopped = true;
  });
  const isOpen = () =>
    fetch(`${app.url}/healthz`).then(
      () => true,
      () => false,
    );
  await until(async () => !(await isOpen()));
  expect([waitingFor, isStopped]).toEqual([1, false]);
  silence.closeAllConnections();
  await stopping;
  app = await TestApp.open();
});
