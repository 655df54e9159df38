import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { TENANT } from '../journeys/teams.ts';
import { TestApp } from '../journeys/test-app.ts';

let app: TestApp;
let connector: Server;
/** How Teams takes the next calls; then it takes all of them. */
let failures: ((response: ServerResponse) => void)[] = [];
/** What Teams took: the conversation of each card. */
let shown: string[] = [];
let serviceUrl: string;
let ids = 0;

beforeAll(async () => {
  app = await TestApp.open();
  connector = createServer((request, response) => {
    const fail = failures.shift();
    request.resume().on('end', () => {
      if (fail !== undefined) return fail(response);
      shown.push(decodeURIComponent((request.url ?? '').split('/')[3] ?? ''));
      response.writeHead(201, { 'content-type': 'application/json' }).end(`{"id":"${++ids}"}`);
    });
  });
  await new Promise<void>((ready) => connector.listen(0, '127.0.0.1', ready));
  serviceUrl = `http://127.0.0.1:${(connector.address() as AddressInfo).port}/`;
}, 30_000);
beforeEach(() => {
  failures = [];
  shown = [];
});
afterAll(async () => {
  await app.close();
  connector.closeAllConnections();
  connector.close();
});

/** « aide », from somebody in a personal chat of their own. */
function message(change: object = {}): object {
  return {
    type: 'message',
    id: `m${++ids}`,
    text: 'aide',
    channelId: 'msteams',
    serviceUrl,
    from: { id: '29:claire', name: 'Claire', aadObjectId: 'claire' },
    recipient: { id: '28:bot' },
    conversation: { id: 'a:claire', conversationType: 'personal', tenantId: TENANT },
    channelData: { tenant: { id: TENANT } },
    ...change,
  };
}

async function deliver(activity: object): Promise<number> {
  const { status } = await fetch(`${app.url}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(activity),
  });
  return status;
}

/** What the log says became of each message, from this line on. */
function outcomes(from: number): string[] {
  const lines = app.logged.trim().split('\n').slice(from);
  return lines
    .map((line) => JSON.parse(line))
    .flatMap(({ event, outcome }) => (event === 'turn' ? [outcome] : []));
}
const linesSoFar = () => app.logged.trim().split('\n').length;

test('an answer that Teams did not take is given when the message comes again, and then once', async () => {
  const from = linesSoFar();
  const asked = message();
  failures = [(response) => response.writeHead(400).end('{}')];
  expect(await deliver(asked)).toBeGreaterThanOrEqual(500);
  expect(shown).toEqual([]);
  expect(await deliver(asked)).toBe(200);
  expect(await deliver(asked)).toBe(200);
  expect(shown).toEqual(['a:claire']);
  expect(outcomes(from)).toEqual(['failed', 'answered', 'repeated']);
});

test('two messages of one id, of two conversations, are both answered', async () => {
  const mine = message();
  const theirs = { ...mine, conversation: { id: 'a:hugo', conversationType: 'personal', tenantId: TENANT } };
  await deliver(mine);
  await deliver(theirs);
  expect(shown).toEqual(['a:claire', 'a:hugo']);
});
