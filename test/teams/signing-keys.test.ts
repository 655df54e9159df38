import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KeysUnavailable, SigningKeys } from '../../src/bot/teams/signing-keys.ts';
import { createLog } from '../../src/log.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let issuer: Server;
let url: string;
let keys: SigningKeys;
/** What the bot has fetched. */
let fetched: string[];
/** Which keys are published. */
let published: object[];
/** How the issuer fails; undefined where it works. */
let fail: ((response: ServerResponse) => void) | undefined;
let skipped: number;
let lines: string[];
/** Ends when a fetch has taken too long. */
let patience: AbortController;

beforeEach(async () => {
  fetched = [];
  published = [{ kid: 'k1', kty: 'RSA', n: 'AQAB', e: 'AQAB', endorsements: ['msteams'] }];
  fail = undefined;
  skipped = 0;
  lines = [];
  patience = new AbortController();
  issuer = createServer((request: IncomingMessage, response: ServerResponse) => {
    fetched.push(request.url ?? '');
    if (fail !== undefined) return fail(response);
    const answer = request.url === '/keys' ? { keys: published } : { jwks_uri: `${url}/keys` };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((ready) => issuer.listen(0, '127.0.0.1', ready));
  url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  keys = new SigningKeys({
    metadataUrl: `${url}/openid`,
    log: createLog('trace', { write: (line) => lines.push(line) }),
    now: () => skipped,
    timeout: () => patience.signal,
  });
});
afterEach(async () => {
  issuer.closeAllConnections();
  await new Promise((closed) => issuer.close(closed));
});

const refused = (id: string) => keys.find(id).catch((error: unknown) => error);
/** Each fetch is of the metadata and, where there were any, of the keys. */
const fetches = () => fetched.filter((path) => path === '/openid').length;

test('a key is found, with the channels that may sign with it', async () => {
  expect(await keys.find('k1')).toMatchObject({ endorsements: ['msteams'] });
  expect(fetched).toEqual(['/openid', '/keys']);
});

test('however many ask at once, one fetch runs', async () => {
  const asked = await Promise.all(Array.from({ length: 100 }, (_, i) => keys.find(i < 50 ? 'k1' : `x${i}`)));
  expect(asked.filter((key) => key !== undefined)).toHaveLength(50);
  expect(fetched).toEqual(['/openid', '/keys']);
});

test('ids that no key has make nobody ask again for five minutes', async () => {
  for (let i = 0; i < 100; i++) expect(await keys.find(`x${i}`)).toBeUndefined();
  skipped = 5 * MINUTE - 1;
  expect(await keys.find('k2')).toBeUndefined();
  expect(fetches()).toBe(1);
  // A new key is known then.
  skipped = 5 * MINUTE;
  published.push({ kid: 'k2', kty: 'RSA' });
  expect(await keys.find('k2')).toEqual(expect.objectContaining({ endorsements: [] }));
  expect(fetches()).toBe(2);
});

test.each<[string, (response: ServerResponse) => void]>([
  ['answers 500', (response) => response.writeHead(500).end()],
  ['breaks the connection', (response) => response.destroy()],
  ['does not answer', () => patience.abort()],
  [
    'does not end its answer',
    (response) => {
      response.write('{');
      patience.abort();
    },
  ],
  ['answers no JSON', (response) => response.end('<html>')],
  ['answers another shape', (response) => response.end('{"jwks_uri":5}')],
  ['redirects', (response) => response.writeHead(302, { location: `${url}/keys` }).end()],
])('while the issuer %s, one attempt is made, then none for a while', async (_what, how) => {
  fail = how;
  const failures = await Promise.all(Array.from({ length: 100 }, (_, i) => refused(`x${i}`)));
  expect(failures.every((failure) => failure instanceof KeysUnavailable)).toBe(true);
  for (let i = 0; i < 100; i++) expect(await refused('k1')).toBeInstanceOf(KeysUnavailable);
  expect(fetches()).toBe(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"teams.keysUnavailable"');

  fail = undefined;
  patience = new AbortController();
  skipped = 1_000;
  expect(await keys.find('k1')).toBeDefined();
});

test('the pause grows with each failure to a minute, and is told', async () => {
  fail = (response) => response.writeHead(503).end();
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    const failure = (await refused('k1')) as KeysUnavailable;
    pauses.push(failure.retryAfterMs);
    skipped += failure.retryAfterMs - 1;
    expect(await refused('k1')).toMatchObject({ retryAfterMs: 1 });
    skipped += 1;
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000));
  expect(fetches()).toBe(9);
  // After a success it begins anew.
  fail = undefined;
  await keys.find('k1');
  fail = (response) => response.writeHead(503).end();
  skipped += 5 * DAY;
  expect(await refused('k1')).toMatchObject({ retryAfterMs: 1_000 });
});

test('keys that are a day old are used while new ones are fetched, and for five days where none come', async () => {
  await keys.find('k1');
  skipped = DAY - 1;
  await keys.find('k1');
  expect(fetches()).toBe(1);
  skipped = DAY;
  fail = (response) => response.destroy();
  expect(await keys.find('k1')).toBeDefined();
  skipped = 5 * DAY - 1;
  expect(await keys.find('k1')).toBeDefined();
  skipped = 5 * DAY;
  expect(await refused('k1')).toBeInstanceOf(KeysUnavailable);
});

test('a key that is no longer published is used no more once others were fetched', async () => {
  await keys.find('k1');
  published = [{ kid: 'k2', kty: 'RSA' }];
  skipped = DAY;
  await keys.find('k1');
  expect(await keys.find('k2')).toBeDefined();
  expect(await keys.find('k1')).toBeUndefined();
});

test('an issuer that does not answer is given up by itself', async () => {
  fail = () => undefined;
  const impatient = new SigningKeys({ metadataUrl: `${url}/openid`, log: createLog('silent') });
  await expect(impatient.find('k1')).rejects.toThrow(KeysUnavailable);
  expect(fetched).toEqual(['/openid']);
});
