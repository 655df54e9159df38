import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MessageGone, PlaceGone, TryLater } from '../../src/bot/channel.ts';
import { Connector, failureOf } from '../../src/bot/teams/connector.ts';
import { AddressRefused, ServiceAddresses } from '../../src/bot/teams/service-address.ts';
import { errorFields } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import { APP, TENANT } from './teams-endpoint.ts';

const ACTIVITY = { type: 'message', text: 'x' };

let teams: Server;
let serviceUrl: string;
/** How Teams answers the next call; then it takes all of them. */
let answer: ((response: ServerResponse) => void) | undefined;
let heard: string[];
const connector = new Connector({ config: undefined, addresses: new ServiceAddresses('loopback') });
const calls = {
  post: () => connector.post({ serviceUrl, conversation: 'a:1' }, ACTIVITY),
  update: () => connector.update({ serviceUrl, conversation: 'a:1' }, 'm1', ACTIVITY),
  open: () => connector.open(serviceUrl, { tenant: TENANT, user: 'claire' }),
};

beforeAll(async () => {
  teams = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    request.resume();
    const how = answer;
    answer = undefined;
    if (how !== undefined) return how(response);
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"m1"}');
  });
  await new Promise<void>((ready) => teams.listen(0, '127.0.0.1', ready));
  serviceUrl = `http://127.0.0.1:${(teams.address() as AddressInfo).port}/`;
});
beforeEach(() => {
  answer = undefined;
  heard = [];
});
afterAll(() => {
  teams.closeAllConnections();
  teams.close();
});

const saying = (status: number, code: string) => (response: ServerResponse) =>
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { code, message: 'canary' } }));

test('a call goes to the address of the conversation, once', async () => {
  expect(await calls.post()).toBe('m1');
  await calls.update();
  expect(await calls.open()).toBe('m1');
  expect(heard).toEqual([
    'POST /v3/conversations/a%3A1/activities',
    'PUT /v3/conversations/a%3A1/activities/m1',
    'POST /v3/conversations',
  ]);
});

describe('what Teams refuses', () => {
  const laters = [401, 408, 412, 429, 500, 501, 502, 503, 504, 599];
  test.each(
    laters.flatMap((status) => Object.entries(calls).map(([name, call]) => [status, name, call] as const)),
  )('with %i to « %s » may be taken later', async (status, _name, call) => {
    answer = saying(status, 'ServiceError');
    await expect(call()).rejects.toThrow(TryLater);
    expect(heard).toHaveLength(1);
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['breaks the connection', (response) => response.destroy()],
    [
      'breaks off its answer',
      (response) => response.writeHead(201, { 'content-length': '9' }).write('{') && response.destroy(),
    ],
  ])('where it %s may be taken later', async (_what, how) => {
    answer = how;
    await expect(calls.post()).rejects.toThrow(TryLater);
    expect(heard).toHaveLength(1);
  });

  test.each([
    [403, 'BotDisabledByAdmin'],
    [403, 'BotNotInConversationRoster'],
    [403, 'ConversationBlockedByUser'],
    [403, 'ForbiddenOperationException'],
    [403, 'NotEnoughPermissions'],
    [404, 'ConversationNotFound'],
  ])('with %i %s is refused for good there, in its own word', async (status, reason) => {
    for (const call of [calls.post, calls.open]) {
      answer = saying(status, reason);
      const refusal = await call().catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(PlaceGone);
      expect(refusal).toMatchObject({ reason });
    }
  });

  test('with a word that is none is told by its status', async () => {
    answer = saying(403, 'two words');
    await expect(calls.post()).rejects.toMatchObject({ reason: '403' });
  });

  test('of a card that is changed: the message is gone, or the place', async () => {
    answer = saying(404, 'ActivityNotFoundInConversation');
    const gone = await calls.update().catch((error: unknown) => error);
    expect(gone).toBeInstanceOf(MessageGone);
    expect(gone).toMatchObject({ reason: 'ActivityNotFoundInConversation' });
    answer = saying(403, 'BotNotInConversationRoster');
    await expect(calls.update()).rejects.toThrow(PlaceGone);
  });

  test('of a conversation with somebody: they cannot be written to', async () => {
    answer = saying(400, 'BadSyntax');
    await expect(calls.open()).rejects.toThrow(PlaceGone);
  });

  test.each([
    [400, 'BadArgument'],
    [413, 'MessageSizeTooBig'],
    [409, 'Conflict'],
  ])('with %i %s is our own fault, and the log can say which', async (status, code) => {
    answer = saying(status, code);
    const refusal = await calls.post().catch((error: unknown) => error);
    for (const Other of [TryLater, PlaceGone, MessageGone]) expect(refusal).not.toBeInstanceOf(Other);
    expect(errorFields(refusal)).toMatchObject({ code });
  });

  test('is asked again when Teams says so, and within a day', () => {
    const asking = (seconds: string) =>
      failureOf('post', { statusCode: 429, response: { headers: { get: () => seconds } } });
    expect(asking('7')).toMatchObject({ retryAfterMs: 7_000 });
    expect(asking('99999999999')).toMatchObject({ retryAfterMs: 24 * 60 * 60_000 });
    for (const none of ['', '-1', 'soon', '0']) expect(asking(none)).toMatchObject({ retryAfterMs: 2_000 });
  });

  test.each([undefined, null, 'text', 5, {}, [], () => undefined, Object.create(null), new Error('x')])(
    'may be thrown in any shape (%p)',
    (cause) => {
      for (const operation of ['post', 'update', 'open'] as const)
        expect(failureOf(operation, cause)).toBeInstanceOf(TryLater);
    },
  );
});

describe('a call never leaves the addresses that are allowed', () => {
  test.each([307, 302])('where Teams redirects with %i', async (status) => {
    let strangers = 0;
    const elsewhere = createServer((_request, response) => {
      strangers += 1;
      response.end('{"id":"stolen"}');
    });
    await new Promise<void>((ready) => elsewhere.listen(0, '127.0.0.1', ready));
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    answer = (response) => response.writeHead(status, { location }).end();
    await expect(calls.post()).rejects.toThrow();
    expect(strangers).toBe(0);
    elsewhere.close();
  });

  test('where a record names another one: no token is asked for, and nothing is called', async () => {
    const config = {
      appId: APP,
      appType: 'SingleTenant' as const,
      appPassword: new Secret('application-secret'),
      tenantId: TENANT,
      // Whoever asks for a token is heard.
      endpoints: {
        ToBotFromChannelOpenIdMetadataUrl: undefined,
        ToBotFromChannelTokenIssuer: undefined,
        ToChannelFromBotLoginUrl: `${serviceUrl}login`,
        ToChannelFromBotOAuthScope: undefined,
      },
    };
    const real = new Connector({ config, addresses: new ServiceAddresses([]) });
    for (const other of [serviceUrl, 'https://evil.trafficmanager.net/', '', 'x']) {
      const address = { serviceUrl: other, conversation: 'a:1' };
      await expect(real.post(address, ACTIVITY)).rejects.toThrow(AddressRefused);
      await expect(real.update(address, 'm1', ACTIVITY)).rejects.toThrow(AddressRefused);
      await expect(real.open(other, { tenant: TENANT, user: 'x' })).rejects.toThrow(AddressRefused);
    }
    expect(heard).toEqual([]);
  });
});

test('a token that cannot be had makes a call that is made later, and the log says why', () => {
  const refused = new Error('invalid_client: AADSTS7000222: The provided client secret keys are expired.');
  const later = failureOf('post', refused);
  expect(later).toBeInstanceOf(TryLater);
  expect(errorFields(later).cause).toContain('AADSTS7000222');
});
