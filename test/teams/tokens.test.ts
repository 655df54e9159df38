import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FastifyInstance, fastify } from 'fastify';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Conversation, Submitted } from '../../src/bot/channel.ts';
import { TeamsChannel } from '../../src/bot/teams.ts';
import { helpCard } from '../../src/cards/conversation-cards.ts';
import { fr } from '../../src/cards/messages.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';

const APP = '11111111-1111-4111-8111-111111111111';
const TENANT = '22222222-2222-4222-8222-222222222222';
const ISSUER = 'https://api.botframework.com';
const SERVICE = 'https://smba.trafficmanager.net/emea/';

/** A click on « Aide ». */
const ACTIVITY = {
  type: 'invoke',
  name: 'adaptiveCard/action',
  id: '1',
  channelId: 'msteams',
  serviceUrl: SERVICE,
  from: { id: '29:x', name: 'X', aadObjectId: 'x' },
  recipient: { id: `28:${APP}` },
  conversation: { id: 'a:1', conversationType: 'personal', tenantId: TENANT },
  channelData: { tenant: { id: TENANT } },
  value: { action: { type: 'Action.Execute', verb: 'help', data: {} } },
};

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

let honest: Keys;
let stranger: Keys;
let issuer: ReturnType<typeof createServer>;
let app: FastifyInstance;
let url = '';
let answered = 0;
const lines: string[] = [];

/** Answers a click with the help card, and counts; a form with what was typed. */
const conversation = {
  clicked: async () => {
    answered += 1;
    return { kind: 'card', card: helpCard(fr, true) };
  },
  submitted: async ({ lines }: Submitted) => ({ kind: 'notice', title: '', text: JSON.stringify(lines) }),
} as unknown as Conversation;

beforeAll(async () => {
  honest = await generateKeyPair('RS256', { extractable: true });
  stranger = await generateKeyPair('RS256', { extractable: true });
  const jwk = {
    ...(await exportJWK(honest.publicKey)),
    kid: 'k1',
    use: 'sig',
    alg: 'RS256',
    endorsements: ['msteams'],
  };
  issuer = createServer((request, response) => {
    const { port } = issuer.address() as AddressInfo;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify(
        request.url === '/keys'
          ? { keys: [jwk] }
          : { issuer: ISSUER, jwks_uri: `http://127.0.0.1:${port}/keys` },
      ),
    );
  });
  await new Promise<void>((ready) => issuer.listen(0, '127.0.0.1', ready));
  const { port } = issuer.address() as AddressInfo;
  app = fastify();
  const channel = new TeamsChannel({
    authentication: {
      appId: APP,
      appType: 'SingleTenant',
      appPassword: new Secret('application-secret'),
      tenantId: TENANT,
      endpoints: {
        ToBotFromChannelOpenIdMetadataUrl: `http://127.0.0.1:${port}/openid`,
        ToBotFromChannelTokenIssuer: undefined,
        ToChannelFromBotLoginUrl: undefined,
        ToChannelFromBotOAuthScope: undefined,
      },
    },
    allowedTenants: new Set([TENANT]),
    log: createLog('trace', { write: (line) => lines.push(line) }),
  });
  channel.mount(app, conversation);
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await app.close();
  issuer.close();
});

async function token(
  change: Record<string, unknown> = {},
  keys = honest,
  header: object = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    aud: APP,
    serviceurl: SERVICE,
    iat: now,
    nbf: now,
    exp: now + 600,
    ...change,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(keys.privateKey);
}

async function click(
  authorization: string | undefined,
  change: Record<string, unknown> = {},
): Promise<Response> {
  return fetch(`${url}/api/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: JSON.stringify({ ...ACTIVITY, ...change }),
  });
}

describe('who may talk to the bot in Teams', () => {
  test('a token that Microsoft’s issuer signed for this bot is let in, and the click answered', async () => {
    const before = answered;
    const response = await click(`Bearer ${await token()}`);
    expect(response.status).toBe(200);
    expect(((await response.json()) as { statusCode: number }).statusCode).toBe(200);
    expect(answered).toBe(before + 1);
  });

  const unsigned = () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + 600;
    return `${part({ alg: 'none' })}.${part({ iss: ISSUER, aud: APP, serviceurl: SERVICE, exp })}.`;
  };
  const symmetric = async () => {
    const key = new TextEncoder().encode(JSON.stringify(await exportJWK(honest.publicKey)));
    return new SignJWT({ iss: ISSUER, aud: APP, serviceurl: SERVICE })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setExpirationTime('10m')
      .sign(key);
  };
  test.each<[string, () => Promise<string> | string]>([
    ['another key under the same id', () => token({}, stranger)],
    ['an unknown key', () => token({}, stranger, { kid: 'k2' })],
    ['another audience', () => token({ aud: TENANT })],
    ['another issuer', () => token({ iss: 'https://evil.example' })],
    ['another service address', () => token({ serviceurl: 'https://evil.example/' })],
    ['a life that is over', () => token({ exp: Math.floor(Date.now() / 1000) - 600, nbf: 0, iat: 0 })],
    ['no algorithm', unsigned],
    ['the public key as a shared secret', symmetric],
    ['no token at all', () => ''],
    ['garbage', () => 'not.a.token'],
  ])('a token with %s is refused, and nothing is done', async (_what, make) => {
    const before = answered;
    const made = await make();
    const response = await click(made === '' ? undefined : `Bearer ${made}`);
    expect(response.status).toBe(401);
    expect(await response.text()).toBe('{"error":"Unauthorized"}');
    expect(answered).toBe(before);
  });

  test('an honest token of another tenant gets nothing', async () => {
    const before = answered;
    const response = await click(`Bearer ${await token()}`, { channelData: { tenant: { id: APP } } });
    expect(response.status).toBe(403);
    expect(answered).toBe(before);
  });

  test('what was sent stands in no log line', () => {
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('')).not.toContain('eyJ');
  });

  test.each([
    ['no activity', '[]'],
    ['no type', '{}'],
    ['another shape', '{"type":5,"from":"x"}'],
    ['no JSON', '{"type":'],
    [
      'an id longer than any key of the store',
      JSON.stringify({ ...ACTIVITY, from: { id: 'x'.repeat(2_000) } }),
    ],
    ['an id that no platform would give', JSON.stringify({ ...ACTIVITY, conversation: { id: 'a\u0000b' } })],
  ])('a body of %s is refused politely', async (_what, body) => {
    const response = await fetch(`${url}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(400);
  });

  test('a line of a form that is no text, but lists within lists, is as good as empty', async () => {
    const value = { data: { form: 'expiry', expiry: 'HERE' } };
    const body = JSON.stringify({ ...ACTIVITY, name: 'task/submit', value });
    const response = await fetch(`${url}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await token()}` },
      body: body.replace('"HERE"', '['.repeat(50_000) + ']'.repeat(50_000)),
    });
    expect(await response.json()).toEqual({ task: { type: 'message', value: '{"expiry":""}' } });
  });
});
