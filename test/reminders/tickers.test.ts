import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { begin, TIME_OUT } from '../../src/chorus/procedures/reset.ts';
import type { PersonId } from '../../src/person.ts';
import { TestApp } from '../journeys/test-app.ts';

const HOUR = 3_600_000;
/** Teams, as it takes every message and answers none; the bot gives up after 10 s. */
let silence: Server;
let app: TestApp;
let people = 0;

beforeAll(async () => {
  silence = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silence, 'listening');
  app = await TestApp.open();
}, 30_000);
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
  await app.people.meet(manager, {
    name: 'Camille Roy',
    language: 'fr',
    place: { platform: 'teams', private: true, address },
  });
  const heard = once(silence, 'request');
  await app.account(manager, {
    expiry: { at: new Date(Date.now() - HOUR).toISOString(), estimated: false },
  });
  await heard;
}, 20_000);

const readiness = async () => {
  const answer = await fetch(`${app.url}/readyz`);
  return { code: answer.status, ...((await answer.json()) as object) };
};
const lastTick = async () => {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return 1000 * Number(/^chorus_bot_last_tick_timestamp_seconds (\S+)/m.exec(text)?.[1]);
};

test('a reset is woken while the platform keeps the reminders waiting', async () => {
  const { id } = await app.account('teams:t:somebody');
  const { reset } = begin('r', 'signIn', new Date(Date.now() - TIME_OUT));
  const place = { platform: 'slack', private: true, address: {} } as const;
  const holder = { id: 'slack:T:U', name: '', language: 'fr' } as const;
  await app.resets.save(id, { reset, holder, place }, 0);
  await app.resets.wakeAt(id, new Date());
  const due = performance.now();
  while ((await app.resets.load(id))?.value.reset.step !== 'timedOut') await sleep(100);
  // Before the bot gives up on the platform.
  expect(performance.now() - due).toBeLessThan(6_000);
}, 20_000);

test('one agenda that nobody has looked at for an hour is enough for /readyz and the metric to turn bad', async () => {
  expect(await readiness()).toEqual({ code: 200, status: 'ok' });
  app.skip(HOUR);
  // Resets are looked at meanwhile, and reminders are not.
  await sleep(4_000);
  expect(await readiness()).toEqual({ code: 503, status: 'unavailable', failed: ['tick'] });
  expect(Date.now() + HOUR - (await lastTick())).toBeGreaterThan(HOUR);
  while ((await readiness()).code !== 200) await sleep(100);
  expect(Date.now() + HOUR - (await lastTick())).toBeLessThan(10_000);
}, 30_000);

test('a bot that stops takes nothing new, while it waits for what it has begun', async () => {
  const stopping = app.close();
  const isOpen = () =>
    fetch(`${app.url}/healthz`).then(
      () => true,
      () => false,
    );
  const asked = performance.now();
  while (await isOpen()) await sleep(50);
  // Before the bot gives up on the platform.
  expect(performance.now() - asked).toBeLessThan(3_000);
  await stopping;
  app = await TestApp.open();
}, 30_000);
