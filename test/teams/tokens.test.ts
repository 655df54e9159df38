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
    ['parts that are no JSON', () => 'AAAA.AAAA.AAAA'],
    ['a name of its key that is no text', () => endpoint.token({}, endpoint.honest, { kid: 5 })],
    ['an audience among others', () => endpoint.token({ aud: [APP, TENANT] })],
    ['no end of its life', () => endpoint.token({ exp: undefined })],
    ['another channel’s key', () => endpoint.token({}, endpoint.honest, { kid: 'skype' })],
    ['8,000 characters and more', () => endpoint.token({ mark: 'x'.repeat(8_000) })],
  ])('a token with %s is refused, and nothing is done', async (_what, make) => {
    const before = endpoint.answered;
    const made = await make();
    const response = await endpoint.click(made === '' ? undefined : `Bearer ${made}`);
    expect(response.status).toBe(401);
    expect(await response.text()).toBe('{"error":"Unauthorized"}');
    expect(endpoint.answered).toBe(before);
  });

  test.each([
    ['lower case', (token: string) => `bearer ${token}`],
    ['two blanks', (token: string) => `Bearer  ${token}`],
    ['something behind it', (token: string) => `Bearer ${token} x`],
    ['something before it', (token: string) => `x Bearer ${token}`],
    ['a fourth part', (token: string) => `Bearer ${token}.x`],
    ['padding', (token: string) => `Bearer ${token}=`],
  ])('an honest token that is written otherwise (%s) is refused', async (_how, write) => {
    expect((await endpoint.click(write(await endpoint.token()))).status).toBe(401);
  });

  // botbuilder would take these: of its emulator, of other bots, of a channel on premises.
  test.each([
    'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/',
    'https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0',
    `https://sts.windows.net/${TENANT}/`,
    `https://login.microsoftonline.com/${TENANT}/v2.0`,
    'https://login.microsoftonline.us/f8cdef31-a31e-4b4a-93e4-5f571e91255a/v2.0',
  ])('a token of the issuer %s is refused, and nobody is asked for keys', async (iss) => {
    await endpoint.click(`Bearer ${await endpoint.token()}`);
    const before = endpoint.fetches;
    for (const claims of [{}, { ver: '1.0', appid: APP }, { ver: '2.0', azp: TENANT }])
      for (const keys of [endpoint.honest, endpoint.stranger])
        expect(
          (await endpoint.click(`Bearer ${await endpoint.token({ iss, tid: TENANT, ...claims }, keys)}`))
            .status,
        ).toBe(401);
    const ase = await endpoint.click(`Bearer ${await endpoint.token({ iss })}`, { channelId: 'AseChannel' });
    expect(ase.status).toBe(401);
    expect(endpoint.fetches).toBe(before);
  });

  test('while the issuer’s keys cannot be had, whoever asks is told when to ask again, and the issuer is asked once', async () => {
    const fresh = await TeamsEndpoint.open();
    try {
      fresh.isDown = true;
      const token = await fresh.token();
      const forged = await Promise.all(
        Array.from({ length: 100 }, async (_, i) =>
          fresh.click(`Bearer ${await fresh.token({}, fresh.stranger, { kid: `x${i}` })}`),
        ),
      );
      expect(new Set(forged.map(({ status }) => status))).toEqual(new Set([503]));
      const honest = await fresh.click(`Bearer ${token}`);
      expect([honest.status, honest.headers.get('retry-after')]).toEqual([
        503,
        expect.stringMatching(/^[12]$/),
      ]);
      // One, and however slow this machine is, few more: each pause is twice the one before.
      expect(fresh.fetches).toBeLessThan(10);
    } finally {
      await fresh.close();
    }
  });

  test.each([
    [
      'names two tenants',
      { reason: 'two tenants', person: 'teams:none:x' },
      { conversation: { ...ACTIVITY.conversation, tenantId: APP } },
    ],
    [
      'is of another tenant',
      { reason: 'ALLOWED_TENANTS', tenant: APP, person: `teams:${APP}:x` },
      { channelData: null, conversation: { id: 'a', tenantId: APP } },
    ],
    [
      'is of no tenant',
      { reason: 'ALLOWED_TENANTS', tenant: 'none', person: 'teams:none:x' },
      { channelData: null, conversation: { id: 'a' } },
    ],
    ['is of another channel', { reason: 'channelId', person: `teams:${TENANT}:x` }, { channelId: 'skype' }],
  ])(
    'an honest activity that %s gets nothing, and the log says whose it was and why',
    async (_what, fields, change) => {
      const other = await TeamsEndpoint.open(['msteams', 'skype']);
      try {
        expect((await other.click(`Bearer ${await other.token()}`, change)).status).toBe(403);
        expect(other.answered).toBe(0);
        expect(other.lines.map((line) => JSON.parse(line))).toEqual([
          expect.objectContaining({ event: 'teams.notServed', platform: 'teams', ...fields }),
        ]);
      } finally {
        await other.close();
      }
    },
  );

  test('an honest activity that names an address outside Microsoft’s is refused before anything, and its host logged', async () => {
    const before = endpoint.answered;
    const { length } = endpoint.lines;
    const serviceUrl = 'https://evil.trafficmanager.net/';
    const answer = await endpoint.click(`Bearer ${await endpoint.token({ serviceurl: serviceUrl })}`, {
      serviceUrl,
    });
    expect([answer.status, endpoint.answered]).toEqual([403, before]);
    expect(JSON.parse(endpoint.lines[length] ?? '')).toMatchObject({
      event: 'teams.notServed',
      tenant: TENANT,
      reason: 'TEAMS_SERVICE_HOSTS evil.trafficmanager.net',
    });
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
    ['a field of another type', JSON.stringify({ ...ACTIVITY, conversation: { id: 'a', isGroup: 'no' } })],
    ['an id that no platform would give', JSON.stringify({ ...ACTIVITY, conversation: { id: 'a\u0000b' } })],
  ])('a body of %s is refused politely', async (_what, body) => {
    const response = await endpoint.post(body);
    expect(response.status).toBe(400);
  });

  test('the log says which field of a body has another shape, and nothing of what stands there', async () => {
    const { length } = endpoint.lines;
    const from = { id: '29:x', name: ['canary'] };
    await endpoint.post(JSON.stringify({ ...ACTIVITY, from }));
    const line = endpoint.lines[length] ?? '';
    expect(JSON.parse(line)).toMatchObject({
      event: 'teams.unknownShape',
      platform: 'teams',
      field: 'from.name',
    });
    expect(line).not.toContain('canary');
  });

  test.each([
    ['adaptiveCard/action', { action: { verb: 5, data: {} } }, 'action.verb'],
    ['adaptiveCard/action', { action: { verb: 'help', data: 'canary' } }, 'action.data'],
    ['adaptiveCard/action', null, ''],
    ['task/fetch', { data: { form: ['canary'] } }, 'data.form'],
    ['task/submit', 'canary', ''],
    ['task/submit', { data: null }, 'data'],
  ])('an invoke of %s with %j is a bad request, and the log says which field', async (name, value, field) => {
    const { length } = endpoint.lines;
    const answer = await endpoint.click(`Bearer ${await endpoint.token()}`, { name, value });
    expect(answer.status).toBe(400);
    const line = endpoint.lines[length] ?? '';
    expect(JSON.parse(line)).toMatchObject({ event: 'teams.unknownShape', field });
    expect(line).not.toContain('canary');
  });

  test.each(['composeExtension/query', 'task/other', '', undefined])(
    'an invoke of another name (%s) is a bad request',
    async (name) => {
      const value = { data: { form: 'password' } };
      const answer = await endpoint.click(`Bearer ${await endpoint.token()}`, { name, value });
      expect(answer.status).toBe(400);
    },
  );

  test('a line of a form that is no text, but lists within lists, is as good as empty', async () => {
    const value = { data: { form: 'expiry', expiry: 'HERE' } };
    const body = JSON.stringify({ ...ACTIVITY, name: 'task/submit', value });
    const lists = body.replace('"HERE"', '['.repeat(50_000) + ']'.repeat(50_000));
    const response = await endpoint.post(lists, `Bearer ${await endpoint.token()}`);
    expect(await response.json()).toEqual({ task: { type: 'message', value: '{"expiry":"","keepAs":""}' } });
  });
});
