import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TENANT } from '../journeys/teams.ts';
import { TestApp } from '../journeys/test-app.ts';

let app: TestApp;
let connector: Server;
/** How Teams takes the next calls; then it takes all of them. */
let failures: ((response: ServerResponse) => void)[] = [];
/** What Teams took: the conversation of each card. */
let shown: string[] = [];
/** How it was called. */
let calls: string[] = [];
let serviceUrl: string;
let ids = 0;

beforeAll(async () => {
  app = await TestApp.open();
  connector = createServer((request, response) => {
    const fail = failures.shift();
    calls.push(request.method ?? '');
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
  calls = [];
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
const linesSoFar = () => app.logged.split('\n').length - 1;

const answers =
  (status: number, code = 'x', headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ error: { code, message: 'x' } }));

describe('an answer counts once it is delivered', () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ['401', answers(401, 'BotNotRegistered')],
    ['500', answers(500, 'ServiceError')],
    ['a lost connection', (response) => response.destroy()],
  ])(
    'where Teams answers %s once, the person is answered, and once however often it delivers',
    async (_what, how) => {
      const from = linesSoFar();
      const asked = message();
      failures = [how];
      const statuses = await Promise.all([deliver(asked), deliver(asked), deliver(asked)]);
      expect(statuses).toEqual([200, 200, 200]);
      expect(shown).toEqual(['a:claire']);
      expect(outcomes(from).sort()).toEqual(['answered', 'repeated', 'repeated']);
    },
  );

  test.each<[string, (response: ServerResponse) => void, number]>([
    ['asks for more patience than anybody has', answers(429, 'Throttled', { 'retry-after': '601' }), 503],
    ['finds fault with the card', answers(413, 'MessageSizeTooBig'), 500],
    ['does not say what is wrong', answers(400), 500],
  ])(
    'where Teams %s, the person is answered when it delivers again, and then once',
    async (_what, how, ours) => {
      const from = linesSoFar();
      const asked = message();
      failures = [how];
      expect(await deliver(asked)).toBe(ours);
      expect(shown).toEqual([]);
      expect([await deliver(asked), await deliver(asked)]).toEqual([200, 200]);
      expect(shown).toEqual(['a:claire']);
      expect(outcomes(from)).toEqual(['failed', 'answered', 'repeated']);
    },
  );

  test.each([
    [403, 'ConversationBlockedByUser'],
    [403, 'BotNotInConversationRoster'],
    [404, 'ConversationNotFound'],
  ])(
    'where Teams answers %i %s, it has no reason to deliver again, and the log says why',
    async (status, code) => {
      const from = linesSoFar();
      failures = [answers(status, code), answers(status, code)];
      expect(await deliver(message())).toBe(200);
      expect(shown).toEqual([]);
      expect(outcomes(from)).toEqual(['failed']);
      expect(app.logged.slice(-2_000)).toContain(code);
    },
  );
});

test('a message that answers a card of the bot changes no card', async () => {
  await deliver(message({ replyToId: 'the-living-card' }));
  expect(calls).toEqual(['POST']);
});

test('two messages of one id, of two conversations, are both answered', async () => {
  const mine = message();
  const theirs = { ...mine, conversation: { id: 'a:hugo', conversationType: 'personal', tenantId: TENANT } };
  await deliver(mine);
  await deliver(theirs);
  expect(shown).toEqual(['a:claire', 'a:hugo']);
});
