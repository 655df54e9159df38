import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import { type Conversation, MessageGone, type Place, PlaceGone, TryLater } from '../../src/bot/channel.ts';
import { patient } from '../../src/bot/outgoing/retries.ts';
import { TeamsChannel } from '../../src/bot/teams/channel.ts';
import type { Card } from '../../src/cards/card.ts';
import type { TeamsEndpoints } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';

const CARD: Card = { title: 'Rappel', body: [], actions: [] };

let server: Server;
let place: Place;
let channel: TeamsChannel;
/** What Teams answers next; then 200 for ever. */
let answers: { status: number; retryAfter?: string }[] = [];
let heard: string[] = [];
let bodies: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    heard.push(`${request.method}`);
    request.setEncoding('utf8').on('data', (part: string) => bodies.push(part));
    const { status, retryAfter } = answers.shift() ?? { status: 200 };
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    });
    response.end(JSON.stringify(status === 200 ? { id: 'message' } : { error: { code: 'x', message: 'y' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const serviceUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  place = { platform: 'teams', private: true, address: { serviceUrl, conversation: 'a:1', bot: '28:bot' } };
  channel = new TeamsChannel({
    authentication: 'anonymous',
    allowedTenants: undefined,
    reportHealth: () => undefined,
    log: createLog('silent'),
  });
});
beforeEach(() => {
  answers = [];
  heard = [];
  bodies = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('what Teams answers', () => {
  test.each([403, 404])(
    '%i means that the place is gone for a new card; for an old one, 404 means that the message is',
    async (status) => {
      answers = [{ status }, { status }];
      await expect(channel.show(place, CARD)).rejects.toBeInstanceOf(PlaceGone);
      const Gone = status === 404 ? MessageGone : PlaceGone;
      await expect(channel.replace({ place, message: 'm' }, CARD)).rejects.toBeInstanceOf(Gone);
    },
  );

  test.each([
    [429, '7', 7_000],
    [503, '1', 1_000],
    [429, undefined, 2_000],
    [502, undefined, 2_000],
  ])(
    '%i with Retry-After %s asks for patience, and is not tried again behind our back',
    async (status, retryAfter, ms) => {
      answers = [{ status, ...(retryAfter === undefined ? {} : { retryAfter }) }];
      const refusal = await channel.show(place, CARD).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(TryLater);
      expect(refusal).toMatchObject({ retryAfterMs: ms });
      expect(heard).toEqual(['POST']);
    },
  );

  test('any other refusal stays what it is', async () => {
    answers = [{ status: 400 }];
    const refusal = await channel.show(place, CARD).catch((error: unknown) => error);
    expect(refusal).not.toBeInstanceOf(TryLater);
    expect(refusal).not.toBeInstanceOf(PlaceGone);
    expect(refusal).toMatchObject({ statusCode: 400 });
  });

  test('what somebody waits for is sent as soon as Teams allows it', async () => {
    answers = [{ status: 429, retryAfter: '1' }];
    const started = performance.now();
    await expect(patient(channel).show(place, CARD)).resolves.toMatchObject({ message: 'message' });
    expect(performance.now() - started).toBeGreaterThan(950);
    expect(heard).toEqual(['POST', 'POST']);
  });

  test('what somebody waits for is given up where Teams asks for too much', async () => {
    answers = [{ status: 429, retryAfter: '601' }];
    await expect(patient(channel).show(place, CARD)).rejects.toBeInstanceOf(TryLater);
    answers = [{ status: 404 }];
    await expect(patient(channel).replace({ place, message: 'm' }, CARD)).rejects.toBeInstanceOf(MessageGone);
  });
});

describe('somebody who has never written to the bot', () => {
  const HELENE = 'teams:t:helene';
  /** Somebody else of the tenant writes. */
  const seen = async (allowedTenants?: ReadonlySet<string>) => {
    const log = createLog('silent');
    const fresh = new TeamsChannel({
      authentication: 'anonymous',
      allowedTenants,
      reportHealth: () => undefined,
      log,
    });
    const app = fastify({ forceCloseConnections: true });
    fresh.mount(app, { said: async () => undefined } as unknown as Conversation);
    const { serviceUrl } = place.address;
    await app.inject({
      method: 'POST',
      url: '/api/messages',
      payload: {
        type: 'message',
        channelId: 'msteams',
        serviceUrl,
        from: { id: '29:else' },
        recipient: { id: '28:bot' },
        conversation: { id: 'a:else', tenantId: 't' },
      },
    });
    return fresh;
  };

  test('is written to in a conversation that Teams opens, and in the same one from then on', async () => {
    const fresh = await seen();
    const there = fresh.privately(HELENE) as Place;
    const posted = await fresh.show(there, CARD);
    expect(heard).toEqual(['POST', 'POST']);
    expect(JSON.parse(bodies[0] ?? '')).toEqual({
      isGroup: false,
      members: [{ id: 'helene' }],
      tenantId: 't',
    });
    expect(posted.place).toMatchObject({ private: true, address: { conversation: 'message' } });
    await fresh.replace(posted, CARD);
    expect(heard).toEqual(['POST', 'POST', 'PUT']);
  });

  test.each([400, 403, 404])(
    'is out of reach where Teams answers %i: the bot is not installed',
    async (status) => {
      const fresh = await seen();
      answers = [{ status }];
      await expect(fresh.show(fresh.privately(HELENE) as Place, CARD)).rejects.toBeInstanceOf(PlaceGone);
    },
  );

  test('is out of reach where nobody of the tenant has written, or the tenant is not served', async () => {
    expect(channel.privately(HELENE)).toBeUndefined();
    expect((await seen(new Set(['other']))).privately(HELENE)).toBeUndefined();
  });

  test('is reached in the public cloud also before anybody has written', () => {
    const none = {
      ToBotFromChannelOpenIdMetadataUrl: undefined,
      ToBotFromChannelTokenIssuer: undefined,
      ToChannelFromBotLoginUrl: undefined,
      ToChannelFromBotOAuthScope: undefined,
    };
    const fresh = (endpoints: TeamsEndpoints) =>
      new TeamsChannel({
        authentication: {
          appId: '11111111-1111-4111-8111-111111111111',
          appType: 'MultiTenant',
          appPassword: new Secret('x'),
          tenantId: undefined,
          endpoints,
        },
        allowedTenants: new Set(['t']),
        reportHealth: () => undefined,
        log: createLog('silent'),
      });
    expect(fresh(none).privately(HELENE)?.address.serviceUrl).toBe('https://smba.trafficmanager.net/teams/');
    const sovereign = { ...none, ToChannelFromBotLoginUrl: 'https://login.example' };
    expect(fresh(sovereign).privately(HELENE)).toBeUndefined();
  });
});

test('a thread of a channel leads to its channel', () => {
  const thread = { ...place, address: { ...place.address, conversation: '19:c@thread.tacv2;messageid=17' } };
  expect(channel.outOfThread(thread).address).toEqual({
    ...place.address,
    conversation: '19:c@thread.tacv2',
  });
  expect(channel.outOfThread(place)).toEqual(place);
});
