import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DURABLE, RedisServer } from '../store/redis-server.ts';
import { until } from '../until.ts';
import type { Platform } from './platform.ts';
import { startTeamsPlatform } from './teams.ts';
import { TestApp } from './test-app.ts';

/** So long Teams waits for an answer, while the store takes for ever. */
const TEAMS_WAITS_MS = 10_000;

let redis: RedisServer;
let app: TestApp;
let platform: Platform;

beforeAll(async () => {
  redis = await RedisServer.start(...DURABLE);
  app = await TestApp.open(redis.url, undefined, { api: {} });
  platform = await startTeamsPlatform(app.url);
});

afterAll(async () => {
  await platform.close();
  await app.close();
  await redis.stop();
});

/** Until the bot has found its store again. */
async function ready(): Promise<void> {
  await until(async () => (await fetch(`${app.url}/readyz`)).status === 200);
}

test('while Redis does not answer the form stays open with what was typed, and then it is kept (P6)', async () => {
  const account = await app.account(platform.idOf('claire'));
  const chat = platform.chat('claire', 'private');
  await chat.say('réinitialiser');
  for (let step = 1; step < 3; step++) await chat.press("C'est fait");
  await chat.open("Mettre à l'abri");

  await redis.signal('SIGSTOP');
  const asked = performance.now();
  const again = await chat.submit({ password: 'typed:Once77' });
  expect(performance.now() - asked).toBeLessThan(TEAMS_WAITS_MS);
  if (typeof again === 'string') throw new Error(`the form closed: ${again}`);
  expect(again.texts.join('\n')).toContain("n'a pas pu être enregistré");

  await redis.signal('SIGCONT');
  await ready();
  // What waited in a socket is read before what comes on a new one: if it were to surface, it would have.
  await redis.command('PING');
  const { pending } = await app.credentials.slots(account.id);
  expect(pending).toBeUndefined();
  expect(await chat.submit({ password: '' })).toContain("est à l'abri");
  expect((await app.credentials.pending(account.id))?.secret.reveal()).toBe('typed:Once77');
  expect(platform.sent()).not.toContain('typed:Once77');
  expect(app.logged).not.toContain('typed:Once77');
});

test('while Redis is gone a click is answered with a sentence, and /readyz tells the truth', async () => {
  await app.account(platform.idOf('hugo'));
  const chat = platform.chat('hugo', 'private');
  await chat.say('réinitialiser');
  await redis.signal('SIGSTOP');
  expect(await chat.press("C'est fait")).toContain('réessayez');
  expect((await fetch(`${app.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  await redis.signal('SIGCONT');
  await ready();
  await chat.press("C'est fait");
  expect(chat.card().texts.join('\n')).toContain('Étapes 2 à 4 sur 10');
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
});

test('while Redis is gone the form of the expiry stays open too, with the date that was typed (P6)', async () => {
  const account = await app.account(platform.idOf('lea'));
  const chat = platform.chat('lea', 'private');
  await chat.say('configuration');
  await chat.open("Corriger la date d'expiration");
  await redis.signal('SIGSTOP');
  const again = await chat.submit({ expiry: '18/04/2027 02:00:00' });
  if (typeof again === 'string') throw new Error(`the form closed: ${again}`);
  expect(again.texts.join('\n')).toContain("La date n'a pas pu être enregistrée");
  expect(again.values['Date exp. Mot de passe']).toBe('18/04/2027 02:00:00');
  await redis.signal('SIGCONT');
  await ready();
  expect(await chat.submit({})).toContain("La date d'expiration est enregistrée");
  expect((await app.accounts.find(account.id))?.expiry?.at).toBe('2027-04-18T00:00:00.000Z');
});

test('while Redis refuses every write, /readyz says so, and on the private port why', async () => {
  const inside = async () => (await fetch(`${app.apiUrl}/readyz`)).json();
  const writable = async () =>
    /^chorus_bot_store_writable (\d)$/m.exec(await (await fetch(`${app.apiUrl}/metrics`)).text())?.[1];
  await until(async () => (await writable()) === '1');
  await redis.command('CONFIG', 'SET', 'maxmemory', '1');
  await until(async () => (await fetch(`${app.url}/readyz`)).status === 503);
  expect(await (await fetch(`${app.url}/readyz`)).json()).toEqual({
    status: 'unavailable',
    failed: ['store'],
  });
  expect(await inside()).toEqual({ status: 'unavailable', failed: [{ check: 'store', reason: 'OOM' }] });
  expect(await writable()).toBe('0');
  await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  await ready();
  expect(await inside()).toEqual({ status: 'ok' });
});
