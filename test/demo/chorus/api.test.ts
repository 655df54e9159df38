import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { demoSeed, MAIN_ACCOUNT, PISTE } from '../../../demo/chorus/seed.ts';
import { type Simulator, startSimulator } from '../../../demo/chorus/simulator.ts';
import { askToken, call, DESTINATAIRE, RATTACHEMENTS, search } from './caller.ts';

const REFUSED = 'Bearer realm="PISTE",error="Unauthorized",error_description="login or password incorrects"';
const UNKNOWN_TOKEN =
  'Bearer realm="DefaultRealm",error="invalid_token",error_description="Unable to find the access token in persistent storage."';
const EXPIRED_TOKEN =
  'Bearer realm="DefaultRealm",error="invalid_token",error_description="The access token expired."';
const NO_TOKEN =
  'Bearer realm="DefaultRealm",error="invalid_request",error_description="Unable to find token in the message"';

let simulator: Simulator;
let now: Date;

beforeEach(async () => {
  now = new Date('2025-06-02T08:00:00Z');
  simulator = await startSimulator({ ...demoSeed(now), piste: PISTE, now: () => now });
});
afterEach(() => simulator.close());

describe('the token', () => {
  test('is opaque, has 54 characters, and says when it ends', async () => {
    const { status, text } = await askToken(simulator);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      access_token: expect.stringMatching(/^\S{54}$/),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid',
    });
  });

  test('is refused with the same bytes to an unknown client and to a wrong secret', async () => {
    const unknown = await askToken(simulator, { client_id: 'nobody' });
    const wrong = await askToken(simulator, { client_secret: 'wrong' });
    expect([unknown.status, wrong.status]).toEqual([400, 400]);
    expect(JSON.parse(unknown.text).error).toBe('invalid_client');
    expect(wrong.text).toBe(unknown.text);
  });

  test.each([{ grant_type: 'password' }, { scope: 'profile' }])('is refused to %j', async (change) => {
    expect((await askToken(simulator, change)).status).toBe(400);
  });

  test('is asked for as a form, never as JSON', async () => {
    const body = JSON.stringify({ grant_type: 'client_credentials', client_id: PISTE.clientId });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(simulator.tokenUrl, { method: 'POST', headers, body })).status).toBe(400);
  });
});

describe('a success', () => {
  test('gives all the structures of the gestionnaire principal, in the shape of the contract', async () => {
    const { status, text } = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT);
    expect(status).toBe(200);
    const answer = JSON.parse(text);
    expect(answer.codeRetour).toBe(0);
    expect(answer.parametresRetour).toEqual({ pageCourante: 1, pages: 1, nbResultatsParPage: 100, total: 2 });
    const structures = answer.listeStructureRattachement;
    expect(structures.map((one: { identifiantStructure: string }) => one.identifiantStructure)).toEqual([
      '21719999100019',
      '26719999000016',
    ]);
    expect(structures[0]).toMatchObject({
      idStructure: expect.any(Number),
      idRattachementStructure: expect.any(Number),
      typeIdentifiantStructure: 'SIRET',
      designationStructure: 'Commune de Saint-Aubin-sur-Loire',
      roleUtilisateur: 'GESTIONNAIRE',
      statutUtilisateur: 'ACTIF',
      statutRattachementStructure: 'ACTIF',
      listeServicesRattache: [
        { codeService: 'FACTURES_PUBLIQUES', estActif: true },
        { codeService: 'TECHNIQUE' },
      ],
    });
  });

  test('comes in pages, so that who reads only the first misses structures', async () => {
    simulator.behave({ maxPageSize: 1 });
    const pages = [];
    for (const page of [1, 2, 3]) {
      const body = JSON.stringify(search(page));
      const answer = JSON.parse((await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT, { body })).text);
      expect(answer.parametresRetour).toEqual({
        pageCourante: page,
        pages: 2,
        nbResultatsParPage: 1,
        total: 2,
      });
      pages.push(answer.listeStructureRattachement.length);
    }
    expect(pages).toEqual([1, 1, 0]);
  });

  test('of the fallback gives the structures too', async () => {
    const { status, text } = await call(simulator, DESTINATAIRE, MAIN_ACCOUNT);
    expect(status).toBe(200);
    const answer = JSON.parse(text);
    expect([answer.codeRetour, answer.libelle]).toEqual([0, 'TRA_MSG_00.000']);
    expect(answer.listeStructures[0]).toEqual({
      idStructureCPP: expect.any(Number),
      identifiant: MAIN_ACCOUNT.siret,
      designationStructure: MAIN_ACCOUNT.name,
    });
  });

  test('takes a password with colons and accents: the first colon splits', async () => {
    const seed = demoSeed(now);
    const odd = { login: MAIN_ACCOUNT.login, password: 'Été:2025:€' };
    const accounts = seed.accounts.map((account) => ({ ...account, password: odd.password }));
    const other = await startSimulator({ ...seed, accounts, piste: PISTE, now: () => now });
    const { status } = await call(other, RATTACHEMENTS, odd);
    await other.close();
    expect(status).toBe(200);
  });

  test('is counted by path', async () => {
    await call(simulator, DESTINATAIRE, MAIN_ACCOUNT);
    expect(simulator.seen.get(DESTINATAIRE)).toBe(1);
    expect(simulator.seen.get(RATTACHEMENTS)).toBeUndefined();
  });
});

describe('a refused technical password', () => {
  const wrong = { ...MAIN_ACCOUNT, password: 'wrong' };

  test.each([RATTACHEMENTS, DESTINATAIRE])('is a 401 of the realm PISTE at %s', async (path) => {
    const { status, headers } = await call(simulator, path, wrong);
    expect([status, headers.get('www-authenticate')]).toEqual([401, REFUSED]);
  });

  test('can have the older body', async () => {
    simulator.behave({ refusal: 'older-body' });
    const { status, headers, text } = await call(simulator, RATTACHEMENTS, wrong);
    expect([status, headers.get('www-authenticate')]).toEqual([401, null]);
    expect(text).toBe(
      '{"codeRetour":401,"libelle":"Impossible d\'authentifier l\'utilisateur dans le LDAP."}',
    );
  });

  test('looks the same for a password that expired', async () => {
    now = new Date('2025-08-01T00:00:00Z');
    const { status, headers } = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT);
    expect([status, headers.get('www-authenticate')]).toEqual([401, REFUSED]);
  });

  test('looks the same for an unknown login', async () => {
    const { status } = await call(simulator, RATTACHEMENTS, { ...MAIN_ACCOUNT, login: 'TECH_1_NOBODY' });
    expect(status).toBe(401);
  });

  test('looks the same for an account that is not active', async () => {
    const seed = demoSeed(now);
    const accounts = seed.accounts.map((account) => ({ ...account, state: 'INACTIF' as const }));
    const other = await startSimulator({ ...seed, accounts, piste: PISTE, now: () => now });
    const { status, headers } = await call(other, RATTACHEMENTS, MAIN_ACCOUNT);
    await other.close();
    expect([status, headers.get('www-authenticate')]).toEqual([401, REFUSED]);
  });

  test('locks the account only where that is switched on', async () => {
    for (let attempt = 0; attempt < 5; attempt++) await call(simulator, RATTACHEMENTS, wrong);
    expect((await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT)).status).toBe(200);
    simulator.behave({ lockAfter: 3 });
    for (let attempt = 0; attempt < 3; attempt++) await call(simulator, RATTACHEMENTS, wrong);
    expect((await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT)).status).toBe(401);
  });
});

describe('a bearer', () => {
  test('that is missing is a 400', async () => {
    const answer = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT, { headers: { authorization: '' } });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([400, NO_TOKEN]);
  });

  test('that is unknown is an invalid token', async () => {
    const headers = { authorization: `Bearer ${'a'.repeat(54)}` };
    const answer = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT, { headers });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, UNKNOWN_TOKEN]);
  });

  test('that expired is an invalid token', async () => {
    const token = JSON.parse((await askToken(simulator)).text).access_token;
    now = new Date(now.getTime() + 3_600_000);
    const headers = { authorization: `Bearer ${token}` };
    const answer = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT, { headers });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, EXPIRED_TOKEN]);
  });
});

describe('a call', () => {
  test('to an unknown path is a 403 with {}', async () => {
    const { status, headers, text } = await call(simulator, '/cpro/nowhere', MAIN_ACCOUNT);
    expect([status, text]).toEqual([403, '{}']);
    expect(headers.get('x-correlationid')).toMatch(/^Id-[0-9a-f]{24} 0$/);
  });

  test.each([
    [401, 401],
    [400, 400],
    [403, 403],
  ] as const)('without cpro-account is a %i where that is switched on', async (missingAccount, expected) => {
    simulator.behave({ missingAccount });
    const answer = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT, { headers: { 'cpro-account': '' } });
    expect(answer.status).toBe(expected);
  });

  test.each(['{}', 'not json', '', JSON.stringify(search(0))])('with the body %j is a 400', async (body) => {
    const answer = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT, { body });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toEqual({ codeRetour: 400, libelle: expect.any(String) });
  });

  test('with bad parameters can be an empty 400', async () => {
    simulator.behave({ badParameters: 'empty' });
    const answer = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT, { body: '{}' });
    expect([answer.status, answer.text]).toEqual([400, '']);
  });
});

describe('a forced answer', () => {
  test.each([
    ['empty', ''],
    ['braces', '{}'],
    ['echo', JSON.stringify(search())],
  ] as const)('of an API that is not subscribed is a 403 with %s', async (body, expected) => {
    simulator.behave({ forced: { rattachements: { kind: 'not-subscribed', body } } });
    const answer = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT);
    expect([answer.status, answer.text]).toEqual([403, expected]);
    expect(answer.headers.get('x-correlationid')).toMatch(/^Id-[0-9a-f]{24} 0$/);
    expect((await call(simulator, DESTINATAIRE, MAIN_ACCOUNT)).status).toBe(200);
  });

  test('of the business is a 200 with its code', async () => {
    const refusal = { codeRetour: 20000, libelle: 'TRA_MSG_00.015' };
    simulator.behave({ forced: { destinataire: { kind: 'business', ...refusal } } });
    const { status, text } = await call(simulator, DESTINATAIRE, MAIN_ACCOUNT);
    expect([status, JSON.parse(text)]).toEqual([200, refusal]);
  });

  test.each([
    [429, '30'],
    [429, undefined],
    [500, undefined],
    [503, '120'],
  ] as const)('can be a %i with Retry-After %s', async (status, retryAfter) => {
    simulator.behave({ forced: { token: { kind: 'status', status, ...(retryAfter && { retryAfter }) } } });
    const answer = await askToken(simulator);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter ?? null]);
  });

  test.each([
    ['expired', EXPIRED_TOKEN],
    ['unknown', UNKNOWN_TOKEN],
  ] as const)('can be an %s token, for one call', async (reason, expected) => {
    simulator.behave({ forced: { rattachements: { kind: 'invalid-token', reason, times: 1 } } });
    const refused = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expected]);
    expect((await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT)).status).toBe(200);
  });

  test('can be a 400', async () => {
    simulator.behave({ forced: { destinataire: { kind: 'bad-parameters' } } });
    expect((await call(simulator, DESTINATAIRE, MAIN_ACCOUNT)).status).toBe(400);
  });

  test('can be slow, and honest in the end', async () => {
    simulator.behave({ forced: { token: { kind: 'slow', ms: 200 } } });
    const start = performance.now();
    expect((await askToken(simulator)).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(190);
  });

  test('can be garbage', async () => {
    simulator.behave({ forced: { token: { kind: 'garbage' } } });
    const { status, text } = await askToken(simulator);
    expect(status).toBe(200);
    expect(() => JSON.parse(text)).toThrow();
  });

  test('can be valid and too big, without saying its size', async () => {
    simulator.behave({ forced: { rattachements: { kind: 'oversized', bytes: 300_000 } } });
    const { headers, text } = await call(simulator, RATTACHEMENTS, MAIN_ACCOUNT);
    expect(headers.get('content-length')).toBeNull();
    expect(text.length).toBeGreaterThan(300_000);
    expect(JSON.parse(text).codeRetour).toBe(0);
  });

  test('can be a redirect', async () => {
    simulator.behave({ forced: { token: { kind: 'redirect', location: '/ailleurs' } } });
    const { status, headers } = await askToken(simulator);
    expect([status, headers.get('location')]).toEqual([307, '/ailleurs']);
  });

  test('can be a connection that is reset', async () => {
    simulator.behave({ forced: { token: { kind: 'reset' } } });
    await expect(askToken(simulator)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  test('can come at one byte a second, for ever', async () => {
    simulator.behave({ forced: { token: { kind: 'trickle' } } });
    const answer = await fetch(simulator.tokenUrl, { method: 'POST', body: new URLSearchParams() });
    const reader = answer.body?.getReader();
    const sizes = [(await reader?.read())?.value?.length, (await reader?.read())?.value?.length];
    await reader?.cancel();
    expect(sizes).toEqual([1, 1]);
  });
});
