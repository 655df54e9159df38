import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Application, startApplication } from '../../demo/application/server.ts';
import { demoSeed, MAIN_ACCOUNT, MANAGER, PISTE } from '../../demo/chorus/seed.ts';
import { type Simulator, startSimulator } from '../../demo/chorus/simulator.ts';
import { Secret } from '../../src/secret.ts';
import { type Received, Receiver } from '../consumers/receivers.ts';
import { until } from '../until.ts';
import { shownPassword, Visitor } from './chorus/visitor.ts';

const CONNECTED = 'La connexion a été établie : les paramètres de connexion sont corrects.';
const NOW = new Date('2027-03-01T08:00:00Z');

let simulator: Simulator;
let bot: Receiver;
let application: Application;

beforeEach(async () => {
  simulator = await startSimulator({ ...demoSeed(NOW), piste: PISTE, now: () => NOW });
  bot = await Receiver.open((_received, response) => void response.writeHead(503).end());
  application = await startApplication({
    chorus: {
      tokenUrl: simulator.tokenUrl,
      apiUrl: simulator.apiUrl,
      piste: { clientId: PISTE.clientId, clientSecret: new Secret(PISTE.clientSecret) },
    },
    login: MAIN_ACCOUNT.login,
    password: new Secret(MAIN_ACCOUNT.password),
    updated: new Date('2026-01-25T12:00:00Z'),
    reading: { apiUrl: bot.url, token: new Secret('chorus_token'), pauseMs: 5 },
    now: () => NOW,
  });
});
afterEach(async () => {
  await application.close();
  await bot.close();
  await simulator.close();
});

const screen = async (path = '/') => (await fetch(`${application.url}${path}`)).text();
const press = async (path: string, fields: Record<string, string> = {}) =>
  (await fetch(`${application.url}${path}`, { method: 'POST', body: new URLSearchParams(fields) })).text();
const isGrey = (page: string) => /<button disabled>Saisir un nouveau mot de passe/.test(page);

/** What the portal gives after Soumettre. */
async function renewed(): Promise<string> {
  const visitor = new Visitor(simulator.portalUrl);
  await visitor.signIn(MANAGER);
  const page = await visitor.fill({ siret: MAIN_ACCOUNT.siret, login: MAIN_ACCOUNT.login });
  await visitor.submit(page);
  return shownPassword(page) ?? '';
}

test('a password is taken only after a conclusive test with the one before, and is never on the screen', async () => {
  expect(isGrey(await screen())).toBe(true);
  expect(await screen('/?saisie=1')).not.toContain('Saisie du mot de passe');
  await press('/mot-de-passe', { nouveau: 'tooEarly_1234' });
  expect(await screen()).toContain('25/01/2026 13:00:00');

  const tested = await press('/test');
  expect(tested).toContain(CONNECTED);
  expect(tested).toContain(MAIN_ACCOUNT.name);
  expect(isGrey(tested)).toBe(false);
  const password = await renewed();
  const entered = await press('/mot-de-passe', { nouveau: password });
  expect(entered).toContain('01/03/2027 09:00:00');
  expect(isGrey(entered)).toBe(true);
  expect(await press('/test')).toContain(CONNECTED);
  for (const page of [tested, entered, await screen(), await screen('/programme')])
    expect(page).not.toContain(password);
});

test('where the test is run after Soumettre only, the button stays grey', async () => {
  await renewed();
  const tested = await press('/test');
  expect(tested).not.toContain(CONNECTED);
  expect(isGrey(tested)).toBe(true);
});

test('the program keeps asking while the bot fails, takes each version once, and tests it', async () => {
  await until(() => bot.received.length > 3);
  expect(application.versionRead()).toBeUndefined();
  const password = await renewed();
  let etag = '"8"';
  bot.answers(({ headers }: Received, response) => {
    if (headers['if-none-match'] === etag) return void response.writeHead(304).end();
    const body = JSON.stringify({ login: MAIN_ACCOUNT.login, password, version: Number(etag[1]) });
    response.writeHead(200, { etag, 'content-type': 'application/json' }).end(body);
  });
  await until(() => application.versionRead() === 8);
  expect(application.read.verdict).toMatchObject({ outcome: 'accepted' });
  expect(await screen('/programme')).toContain(CONNECTED);
  const asked = bot.received.at(-1);
  expect(asked?.path).toBe(`/v1/credentials/${encodeURIComponent(MAIN_ACCOUNT.login)}`);
  expect(asked?.headers.authorization).toBe('Bearer chorus_token');
  etag = '"9"';
  await until(() => application.versionRead() === 9);
});
