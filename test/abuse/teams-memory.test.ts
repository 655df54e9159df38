import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import { ACTIVITY, APP, TENANT, TeamsEndpoint } from '../teams/teams-endpoint.ts';
import { FORGERIES } from './forgeries.ts';
import type { Kept, TeamsProcessOptions } from './teams-process.ts';
import { tell, volume } from './volume.ts';

/** Of each kind. botbuilder kept 40 kB of each of the second one: 20 MB of the small volume. */
const FORGED = volume(500, 17_000);
const MOST_GROWTH = 6 * 1024 * 1024;
const AT_ONCE = 20;

let issuer: TeamsEndpoint;
let bot: ChildProcess;
let url: string;
const agent = new Agent({ connections: AT_ONCE });

beforeAll(async () => {
  issuer = await TeamsEndpoint.open();
  const options: TeamsProcessOptions = { appId: APP, tenant: TENANT, metadataUrl: issuer.metadataUrl };
  const script = join(__dirname, '../store/run-typescript.cjs');
  const entry = join(__dirname, 'teams-process.ts');
  bot = fork(script, [entry, JSON.stringify(options)], { execArgv: ['--expose-gc'] });
  [{ url }] = await once(bot, 'message');
});
afterAll(async () => {
  bot.disconnect();
  await once(bot, 'exit');
  await agent.close();
  await issuer.close();
});

async function click(authorization: string): Promise<number> {
  const { statusCode, body } = await request(`${url}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify(ACTIVITY),
    dispatcher: agent,
  });
  await body.dump();
  return statusCode;
}

async function kept(): Promise<Kept> {
  bot.send('how much');
  const [answer] = await once(bot, 'message');
  return answer as Kept;
}

/** The median time, in ms, of an honest click while nothing else happens. */
async function honestMs(): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 51; i++) {
    const started = performance.now();
    expect(await click(`Bearer ${await issuer.token()}`)).toBe(200);
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[25] as number;
}

async function flood(forge: () => string): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let sent = 0; sent < FORGED; sent += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, () => click(`Bearer ${forge()}`));
    for (const status of await Promise.all(batch)) statuses.add(status);
  }
  return statuses;
}

test('nothing is kept of tokens that are refused, and honest ones are answered as before', async () => {
  const figures: Record<string, number> = { forged: 0 };
  const before = await honestMs();
  const fetches = issuer.fetches;
  for (const [what, forge] of Object.entries(FORGERIES)) {
    // What the first ones make the program load is no growth.
    for (let i = 0; i < 50; i++) await click(`Bearer ${forge()}`);
    const at = await kept();
    expect([what, ...(await flood(forge))]).toEqual([what, 401]);
    const then = await kept();
    figures.forged = (figures.forged ?? 0) + FORGED;
    figures[`kB more of a ${what}`] = Math.round((then.heap - at.heap) / 1024);
    expect([what, then.heap - at.heap < MOST_GROWTH]).toEqual([what, true]);
    expect([what, then.emulatorIssuers]).toEqual([what, 9]);
  }
  figures['fetches of keys more'] = issuer.fetches - fetches;
  // Once in five minutes, two documents.
  expect(issuer.fetches - fetches).toBeLessThanOrEqual(2 * Math.ceil(performance.now() / 300_000));
  figures['ms for an honest click before'] = Math.round(before * 10) / 10;
  figures['ms for an honest click after'] = Math.round((await honestMs()) * 10) / 10;
  tell('teams-memory', figures);
});
