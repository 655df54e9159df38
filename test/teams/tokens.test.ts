import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { ACTIVITY, APP, ISSUER, SERVICE, TENANT, TeamsEndpoint } from './teams-endpoint.ts';

let endpoint: TeamsEndpoint;
beforeAll(async () => {
  endpoint = await TeamsEndpoint.open();
});
afterAll(() => endpoint.close());

describe('who may talk to the bot in Teams', () => {
  test('a token that Microsoft’s issuer signed for this bot is let in, and the click answered', async () => {
    const before = endpoint.answered;
    const response = await endpoint.click(`Bearer ${await endpoint.token()}`);
    expect(response.status).toBe(200);
    expect(((await response.json()) as { statusCode: number }).statusCode).toBe(200);
    expect(endpoint.answered).toBe(before + 1);
  });

  const unsigned = () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + 600;
    return `${part({ alg: 'none' })}.${part({ iss: ISSUER, aud: APP, serviceurl: SERVICE, exp })}.`;
  };
  const symmetric = async () => {
    const key = new TextEncoder().encode(JSON.stringify(endpoint.jwk));
    return new SignJWT({ iss: ISSUER, aud: APP, serviceurl: SERVICE })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setExpirationTime('10m')
      .sign(key);
  };
  test.each<[string, () => Promise<string> | string]>([
    ['another key under the same id', () => endpoint.token({}, endpoint.stranger)],
    ['an unknown key', () => endpoint.token({}, endpoint.stranger, { kid: 'k2' })],
    ['another audience', () => endpoint.token({ aud: TENANT })],
    ['another issuer', () => endpoint.token({ iss: 'https://evil.example' })],
    ['another service address', () => endpoint.token({ serviceurl: 'https://evil.example/' })],
    [
      'a life that is over',
      () => endpoint.token({ exp: Math.floor(Date.now() / 1000) - 600, nbf: 0, iat: 0 }),
    ],
    ['no algorithm', unsigned],
    ['the public key as a shared secret', symmetric],
    ['no token at all', () => ''],
    ['garbage', () => 'not.a.token'],
  ])('a token with %s is refused, and nothing is done', async (_what, make) => {
    const before = endpoint.answered;
    const made = await make();
    const response = await endpoint.click(made === '' ? undefined : `Bearer ${made}`);
    expect(response.status).toBe(401);
    expect(await response.text()).toBe('{"error":"Unauthorized"}');
    expect(endpoint.answered).toBe(before);
  });

  test('an honest token of another tenant gets nothing', async () => {
    const before = endpoint.answered;
    const response = await endpoint.click(`Bearer ${await endpoint.token()}`, {
      channelData: { tenant: { id: APP } },
    });
    expect(response.status).toBe(403);
    expect(endpoint.answered).toBe(before);
  });

  test('what was sent stands in no log line', () => {
    expect(endpoint.lines.length).toBeGreaterThan(0);
    expect(endpoint.lines.join('')).not.toContain('eyJ');
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
    const response = await endpoint.post(body);
    expect(response.status).toBe(400);
  });

  test('a line of a form that is no text, but lists within lists, is as good as empty', async () => {
    const value = { data: { form: 'expiry', expiry: 'HERE' } };
    const body = JSON.stringify({ ...ACTIVITY, name: 'task/submit', value });
    const lists = body.replace('"HERE"', '['.repeat(50_000) + ']'.repeat(50_000));
    const response = await endpoint.post(lists, `Bearer ${await endpoint.token()}`);
    expect(await response.json()).toEqual({ task: { type: 'message', value: '{"expiry":""}' } });
  });
});
