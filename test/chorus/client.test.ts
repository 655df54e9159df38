import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ChorusClient, type ChorusClientOptions, type TechnicalAccount } from '../../src/chorus/client.ts';
import type { Verdict } from '../../src/chorus/verdict.ts';
import { Secret } from '../../src/secret.ts';
import { until } from '../until.ts';
import * as faults from './faulty-servers.ts';
import {
  ACTIVE_STRUCTURES,
  ATTACHMENTS,
  Piste,
  type Reply,
  TOKEN,
  TOKEN_EXPIRED,
  VAT_RATES,
  WRONG_PASSWORD,
} from './piste.ts';

/** Longer than anything here takes: a verdict that is no time-out must not depend on the machine. */
const UNHURRIED = { connect: 30_000, test: 90_000 };
/** For a server that never answers: whatever the machine, the limit comes first. */
const HURRIED = { connect: 30_000, test: 200 };

let piste: Piste;
let clients: ChorusClient[];

beforeEach(async () => {
  piste = await new Piste().start();
  clients = [];
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(clients.map((client) => client.close()));
  await piste.stop();
});

function newClient(options: Partial<ChorusClientOptions> = {}): ChorusClient {
  const client = new ChorusClient({
    tokenUrl: piste.tokenUrl,
    apiUrl: piste.url,
    piste: { clientId: piste.clientId, clientSecret: new Secret(piste.clientSecret) },
    timeouts: UNHURRIED,
    ...options,
  });
  clients.push(client);
  return client;
}

function account(own: Partial<TechnicalAccount> = {}): TechnicalAccount {
  return { login: piste.login, ...own };
}

/** The verdict without what support asks for, which has tests of its own. */
async function bare(verdict: Promise<Verdict>) {
  const { diagnosis: _diagnosis, ...rest } = await verdict;
  return rest;
}

/** The whole test with the right credentials, whatever the server makes of it. */
function testWith(client = newClient()) {
  return bare(client.testConnection(account(), new Secret(piste.password)));
}

function commune(index: number) {
  return { siret: String(index).padStart(14, '0'), name: `Commune ${index}` };
}

function only(path: string, reply: Reply, nth?: number) {
  piste.instead = (call, count) =>
    call.path === path && (nth === undefined || nth === count) ? reply : undefined;
}

describe.each([
  ['the API', ATTACHMENTS],
  ['PISTE', TOKEN],
])('%s that answers late', (_, path) => {
  test('keeps a person waiting no longer than they are to wait, and the background until it answers', async () => {
    let tell = () => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const body = path === TOKEN ? { access_token: 'late', expires_in: 3600 } : { codeRetour: 0 };
    piste.know('late');
    only(path, { status: 200, body, once: told });
    const client = newClient({ timeouts: { connect: 30_000, test: 200, background: 90_000 } });
    const secret = new Secret(piste.password);
    const background = client.testConnection(account(), secret, { isBackground: true });
    expect(await bare(client.testConnection(account(), secret))).toEqual({
      outcome: 'unknown',
      reason: 'timeout',
    });
    expect(await bare(client.testCredentials(account(), secret))).toMatchObject({ reason: 'timeout' });
    if (path === TOKEN) expect(await client.testApplication()).toMatchObject({ reason: 'timeout' });
    tell();
    expect(await background).toMatchObject({ outcome: 'accepted' });
  });
});

describe('a right password', () => {
  test('is accepted, with the structures', async () => {
    expect(await testWith()).toEqual({
      outcome: 'accepted',
      structures: [{ siret: '21750001600019', name: 'Commune de Test' }],
      complete: true,
    });
  });

  test('goes out as the contract has it', async () => {
    await testWith();
    const [token] = piste.callsOf(TOKEN);
    expect(token?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(token?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'app',
      client_secret: 'app secret',
      scope: 'openid',
    });
    const [attachments] = piste.callsOf(ATTACHMENTS);
    expect(attachments?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'cpro-account': Buffer.from(`${piste.login}:${piste.password}`).toString('base64'),
      'content-type': 'application/json;charset=utf-8',
    });
    expect(JSON.parse(attachments?.body ?? '')).toEqual({
      parametresRecherche: {
        nbResultatsParPage: 1,
        pageResultatDemandee: 1,
        triColonne: 'IdentifiantStructure',
        triSens: 'Ascendant',
      },
    });
  });

  test('may hold colons and symbols', async () => {
    piste.password = 'a:b::C&%+"é€';
    expect(await testWith()).toMatchObject({ outcome: 'accepted' });
  });

  test.each(['', '/', '//', '/cpro', '/cpro/'])('is tested at an address that ends in "%s"', async (end) => {
    expect(await testWith(newClient({ apiUrl: `${piste.url}${end}` }))).toMatchObject({
      outcome: 'accepted',
    });
  });

  test('travels on connections that stay open', async () => {
    const client = newClient();
    for (let i = 0; i < 10; i++) await testWith(client);
    expect(piste.calls).toHaveLength(11);
    // One may be lost where the machine stands still for longer than a connection is kept.
    expect(piste.connections).toBeLessThan(6);
  });
});

describe('the list of structures', () => {
  test('is read to its last page', async () => {
    piste.structures = Array.from({ length: 250 }, (_, index) => commune(index));
    expect(await testWith()).toEqual({ outcome: 'accepted', structures: piste.structures, complete: true });
    // One row for the verdict, then the list.
    expect(piste.callsOf(ATTACHMENTS)).toHaveLength(4);
  });

  test('names a structure once', async () => {
    piste.structures = [commune(1), commune(2), commune(1)];
    expect(await testWith()).toMatchObject({ structures: [commune(1), commune(2)] });
  });

  test('stops after fifty pages and says that it is not complete', async () => {
    piste.structures = Array.from({ length: 5001 }, (_, index) => commune(index));
    const verdict = await testWith();
    expect(verdict).toEqual({
      outcome: 'accepted',
      structures: piste.structures.slice(0, 5000),
      complete: false,
    });
    expect(piste.callsOf(ATTACHMENTS)).toHaveLength(51);
  });

  test('of fifty pages is complete', async () => {
    piste.structures = Array.from({ length: 5000 }, (_, index) => commune(index));
    const verdict = await testWith();
    expect(verdict).toEqual({ outcome: 'accepted', structures: piste.structures, complete: true });
  });

  test('is not complete when a later page fails, and the password stays accepted', async () => {
    piste.structures = Array.from({ length: 150 }, (_, index) => commune(index));
    only(ATTACHMENTS, { status: 503 }, 3);
    expect(await testWith()).toEqual({
      outcome: 'accepted',
      structures: piste.structures.slice(0, 100),
      complete: false,
    });
  });

  test.each<[string, Reply]>([
    ['a refusal', WRONG_PASSWORD],
    ['a page', { status: 200, body: '<html>' }],
    ['another code', { status: 200, body: { codeRetour: 20003, libelle: 'Autre' } }],
    ['no access', { status: 403 }],
  ])('has no bearing on the verdict: %s in its place leaves the first structure', async (_, reply) => {
    piste.structures = Array.from({ length: 150 }, (_none, index) => commune(index));
    only(ATTACHMENTS, reply, 2);
    expect(await testWith()).toEqual({ outcome: 'accepted', structures: [commune(0)], complete: false });
  });

  test('leaves out rows that name no structure, and counts them', async () => {
    const rows = [
      {},
      { identifiantStructure: null },
      'x',
      { identifiantStructure: '1', designationStructure: 7 },
    ];
    only(ATTACHMENTS, { status: 200, body: { codeRetour: 0, listeStructureRattachement: rows } });
    expect(await testWith()).toEqual({
      outcome: 'accepted',
      structures: [{ siret: '1', name: '' }],
      complete: true,
      unreadable: 3,
    });
  });

  test.each([
    ['utf-8', 'utf8'],
    ['ISO-8859-1', 'latin1'],
    ['windows-1252', 'latin1'],
    ['"iso-8859-15"', 'latin1'],
    ['x-unknown', 'utf8'],
    [undefined, 'utf8'],
    [undefined, 'latin1'],
  ] as const)('is read in the charset of the answer: %s, sent as %s', async (charset, encoding) => {
    const row = { identifiantStructure: '1', designationStructure: 'Commune de Saint-Étienne-à-Arnes' };
    const json = JSON.stringify({ codeRetour: 0, listeStructureRattachement: [row] });
    const type = `application/json${charset === undefined ? '' : `; charset=${charset}`}`;
    only(ATTACHMENTS, {
      status: 200,
      headers: { 'content-type': type },
      body: Buffer.from(json, encoding),
    });
    expect(await testWith()).toMatchObject({ structures: [{ siret: '1', name: row.designationStructure }] });
  });

  describe('puts the account’s own structure first', () => {
    const own = (siret: string) =>
      bare(newClient().testConnection(account({ siret }), new Secret(piste.password)));

    test('wherever it stands, and says nothing of it', async () => {
      piste.structures = [commune(1), commune(2), commune(3)];
      const verdict = await own(' 00000000 000003');
      expect(verdict).toEqual({
        outcome: 'accepted',
        structures: [commune(3), commune(1), commune(2)],
        complete: true,
      });
    });

    test('and warns where it is absent', async () => {
      piste.structures = [commune(1), commune(2)];
      expect(await own(commune(3).siret)).toMatchObject({ outcome: 'accepted', own: 'absent' });
    });

    test('but not where the list is incomplete: it may hold it', async () => {
      piste.structures = Array.from({ length: 150 }, (_, index) => commune(index));
      only(ATTACHMENTS, { status: 503 }, 3);
      expect(await own(commune(149).siret)).not.toHaveProperty('own');
    });

    test.each([
      ['ACTIF', 'ACTIF', undefined],
      ['INACTIF', 'ACTIF', 'inactive'],
      ['ACTIF', 'SUSPENDU', 'inactive'],
      [null, undefined, undefined],
    ])('and warns where it is not ACTIF: attachment %s, user %s', async (attachment, user, warning) => {
      const row = {
        identifiantStructure: '1',
        statutRattachementStructure: attachment,
        statutUtilisateur: user,
      };
      only(ATTACHMENTS, { status: 200, body: { codeRetour: 0, listeStructureRattachement: [row] } });
      expect((await own('1')) as { own?: string }).toMatchObject(
        warning === undefined ? {} : { own: warning },
      );
      expect(Object.hasOwn(await own('1'), 'own')).toBe(warning !== undefined);
    });
  });
});

describe('a refused credential', () => {
  test('is the technical account when login or password are wrong', async () => {
    expect(await bare(newClient().testConnection(account(), new Secret('wrong')))).toEqual({
      outcome: 'refused',
      reason: 'technicalAccount',
    });
  });

  test('is the technical account in the older body too', async () => {
    only(ATTACHMENTS, {
      status: 401,
      body: { codeRetour: 401, libelle: "Impossible d'authentifier l'utilisateur dans le LDAP." },
    });
    expect(await testWith()).toEqual({ outcome: 'refused', reason: 'technicalAccount' });
  });

  test('is the PISTE application when it gets no token, and it is asked again next time', async () => {
    const client = newClient({ piste: { clientId: 'app', clientSecret: new Secret('wrong') } });
    const refused = { outcome: 'unknown', reason: 'pisteApplication' };
    expect(await testWith(client)).toEqual(refused);
    expect(await testWith(client)).toEqual(refused);
    expect(piste.callsOf(TOKEN)).toHaveLength(2);
    expect(piste.callsOf(ATTACHMENTS)).toHaveLength(0);
  });

  test('is the technical account’s in whatever words on a fresh token, and the call is not made again', async () => {
    only(ATTACHMENTS, { status: 401, body: '<html>Proxy</html>' });
    expect(await testWith()).toEqual({ outcome: 'refused', reason: 'technicalAccount' });
    expect(piste.callsOf(ATTACHMENTS)).toHaveLength(1);
  });

  test.each([{ codeRetour: 401 }, { error: 'invalid_token' }])(
    'is nobody’s when another status than 401 carries %j',
    async (body) => {
      only(ATTACHMENTS, { status: 400, body });
      expect(await testWith()).toEqual({ outcome: 'unknown', reason: 'unexpected' });
      expect(piste.callsOf(ATTACHMENTS)).toHaveLength(1);
    },
  );
});

describe('the token', () => {
  test('is asked for once by ten tests that run together', async () => {
    const client = newClient();
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => testWith(client)));
    expect(verdicts.every((verdict) => verdict.outcome === 'accepted')).toBe(true);
    expect(piste.callsOf(TOKEN)).toHaveLength(1);
  });

  test('is renewed once by ten tests that all find it dead', async () => {
    const client = newClient();
    await testWith(client);
    piste.expireTokens();
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => testWith(client)));
    expect(verdicts.every((verdict) => verdict.outcome === 'accepted')).toBe(true);
    expect(piste.callsOf(TOKEN)).toHaveLength(2);
  });

  test('that has run out is renewed once by tests that find it so together', async () => {
    const client = newClient();
    await testWith(client);
    const later = performance.now() + 3_600_000;
    jest.spyOn(performance, 'now').mockReturnValue(later);
    await Promise.all(Array.from({ length: 10 }, () => testWith(client)));
    expect(piste.callsOf(TOKEN)).toHaveLength(2);
  });

  test('is renewed once only in one test', async () => {
    only(ATTACHMENTS, TOKEN_EXPIRED);
    expect(await testWith()).toEqual({ outcome: 'unknown', reason: 'tokenRefused' });
    expect(piste.callsOf(ATTACHMENTS)).toHaveLength(2);
    expect(piste.callsOf(TOKEN)).toHaveLength(2);
  });

  test('is renewed a minute before it expires', async () => {
    const client = newClient();
    await testWith(client);
    const now = performance.now();
    const clock = jest.spyOn(performance, 'now');
    clock.mockReturnValue(now + 3_530_000);
    await testWith(client);
    expect(piste.callsOf(TOKEN)).toHaveLength(1);
    clock.mockReturnValue(now + 3_550_000);
    await testWith(client);
    expect(piste.callsOf(TOKEN)).toHaveLength(2);
  });

  test('of an account’s own application is its own', async () => {
    const client = newClient({ piste: { clientId: 'shared', clientSecret: new Secret('unused') } });
    const own = { clientId: piste.clientId, clientSecret: new Secret(piste.clientSecret) };
    const verdict = await client.testConnection(account({ piste: own }), new Secret(piste.password));
    expect(verdict).toMatchObject({ outcome: 'accepted' });
    expect(await testWith(client)).toEqual({ outcome: 'unknown', reason: 'pisteApplication' });
  });

  test('of a right secret does not serve a wrong one', async () => {
    const client = newClient();
    await testWith(client);
    const wrong = { clientId: piste.clientId, clientSecret: new Secret('wrong') };
    expect(await bare(client.testConnection(account({ piste: wrong }), new Secret(piste.password)))).toEqual({
      outcome: 'unknown',
      reason: 'pisteApplication',
    });
  });

  test.each<[string, Reply]>([
    ['no JSON', { status: 200, body: 'token' }],
    ['no token', { status: 200, body: { expires_in: 3600 } }],
    ['a token that no header can carry', { status: 200, body: { access_token: 'a\nb', expires_in: 3600 } }],
    ['an empty token', { status: 200, body: { access_token: '', expires_in: 3600 } }],
    ['nothing', { status: 200 }],
    ['201', { status: 201, body: { access_token: 'a', expires_in: 9 } }],
  ])('that comes as %s is PISTE’s fault', async (_, reply) => {
    only(TOKEN, reply);
    expect(await testWith()).toEqual({ outcome: 'unknown', reason: 'pisteAnswer' });
    expect(piste.callsOf(ATTACHMENTS)).toHaveLength(0);
  });
});

describe('an application without the API Utilisateurs', () => {
  const forbidden: Reply = { status: 403, body: {} };

  test('has the password proved by the active structures', async () => {
    only(ATTACHMENTS, forbidden);
    expect(await testWith()).toEqual({ outcome: 'accepted', structures: piste.structures, complete: true });
    expect(piste.callsOf(ACTIVE_STRUCTURES)[0]?.body).toBe('{}');
  });

  test('has a wrong password refused by them', async () => {
    only(ATTACHMENTS, forbidden);
    expect(await bare(newClient().testConnection(account(), new Secret('wrong')))).toEqual({
      outcome: 'refused',
      reason: 'technicalAccount',
    });
  });

  test('is told when it may call none of the three', async () => {
    piste.instead = (call) => (call.path === TOKEN ? undefined : forbidden);
    expect(await testWith()).toEqual({ outcome: 'unknown', reason: 'notAuthorised' });
    expect(piste.calls.slice(1).map(({ path }) => path)).toEqual([ATTACHMENTS, ACTIVE_STRUCTURES, VAT_RATES]);
  });

  test('has the password proved by the rates of VAT where it may call nothing else; the list is missing', async () => {
    piste.instead = ({ path }) => ([ATTACHMENTS, ACTIVE_STRUCTURES].includes(path) ? forbidden : undefined);
    expect(await testWith()).toEqual({ outcome: 'accepted', structures: [], complete: false });
  });

  test('has it proved by them too where all structures at once are more than is read', async () => {
    only(ATTACHMENTS, forbidden);
    piste.instead = ({ path }) => {
      if (path === ATTACHMENTS) return forbidden;
      const rest = 'x'.repeat(5 * 1024 * 1024);
      return path === ACTIVE_STRUCTURES
        ? { status: 200, body: `{"codeRetour":0,"libelle":"${rest}"}` }
        : undefined;
    };
    expect(await testWith()).toEqual({ outcome: 'accepted', structures: [], complete: false });
  });

  test.each([
    [0, 'TRA_MSG_00.000', { outcome: 'accepted', structures: [], complete: true }],
    [20000, 'TRA_MSG_00.015', { outcome: 'accepted', structures: [], complete: true }],
    [20001, 'TRA_MSG_00.001', { outcome: 'refused', reason: 'refusedInWords' }],
  ])('gets a business answer %i %s', async (codeRetour, libelle, verdict) => {
    piste.instead = ({ path }) =>
      ({
        [ATTACHMENTS]: forbidden,
        [ACTIVE_STRUCTURES]: { status: 200, body: { codeRetour, libelle } },
      })[path];
    expect(await testWith()).toEqual(verdict);
  });
});

describe.each([
  ['token', TOKEN, 'pisteAnswer'],
  ['API', ATTACHMENTS, 'unexpected'],
])('trouble at the %s', (_, path, unreadable) => {
  test.each<[string, Reply, object]>([
    ['429', { status: 429 }, { reason: 'busy' }],
    [
      '429 with Retry-After',
      { status: 429, headers: { 'retry-after': '120' } },
      { reason: 'busy', retryAfterSeconds: 120 },
    ],
    [
      '503 with an endless Retry-After',
      { status: 503, headers: { 'retry-after': '9'.repeat(30) } },
      { reason: 'unavailable', retryAfterSeconds: 7 * 86_400 },
    ],
    [
      '503 with a senseless Retry-After',
      { status: 503, headers: { 'retry-after': 'soon' } },
      { reason: 'unavailable' },
    ],
    ['500 with a page', { status: 500, body: '<html>' }, { reason: 'unavailable' }],
    ['404', { status: 404 }, { reason: 'wrongAddress' }],
    ['a page instead of JSON', { status: 200, body: '<html>goZckgKkevikl' }, { reason: unreadable }],
    ['JSON of another shape', { status: 200, body: [] }, { reason: unreadable }],
  ])('%s leaves the password untold', async (_name, reply, expected) => {
    only(path, reply);
    expect(await testWith()).toEqual({ outcome: 'unknown', ...expected });
  });

  test('a redirect is not followed', async () => {
    only(path, { status: 307, headers: { location: `${piste.url}/elsewhere` } });
    expect(await testWith()).toEqual({ outcome: 'unknown', reason: 'wrongAddress' });
    expect(piste.callsOf('/elsewhere')).toHaveLength(0);
  });

  test('a Retry-After given as a date is counted from now', async () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    only(path, { status: 503, headers: { 'retry-after': inAMinute } });
    const verdict = await testWith();
    expect(verdict).toMatchObject({ reason: 'unavailable', retryAfterSeconds: expect.any(Number) });
    expect((verdict as { retryAfterSeconds: number }).retryAfterSeconds).toBeLessThanOrEqual(60);
  });
});

describe.each(['tokenUrl', 'apiUrl'] as const)('a fault at the %s', (address) => {
  let server: faults.FaultyServer;

  async function verdictOf(
    fault: (typeof faults)['hanging'],
    {
      tls = false,
      scheme,
      ...options
    }: { tls?: boolean; scheme?: 'https' } & Partial<ChorusClientOptions> = {},
  ) {
    server = await new faults.FaultyServer(fault, { tls }).start();
    return testWith(newClient({ ...options, [address]: server.url(scheme) }));
  }

  afterEach(() => server.stop());

  test.each([
    ['that resets the connection', faults.reset, 'unreachable'],
    ['that hangs up without an answer', faults.hangsUp, 'unreachable'],
    ['that does not speak HTTP', faults.garbage, 'unreachable'],
    ['that pours out 20 MB', faults.twentyMegabytes, address === 'apiUrl' ? 'unexpected' : 'pisteAnswer'],
  ] as const)('%s is unknown', async (_, fault, reason) => {
    expect(await verdictOf(fault)).toEqual({ outcome: 'unknown', reason });
  });

  test.each([
    ['that hangs', faults.hanging],
    ['that sends one byte a second', faults.oneByteASecond],
  ] as const)('%s, for ever, is unknown once the time allowed is over', async (_, fault) => {
    const verdict = await verdictOf(fault, { timeouts: HURRIED });
    expect(verdict).toEqual({ outcome: 'unknown', reason: 'timeout' });
  });

  test('of 20 MB is cut off long before its end', async () => {
    await verdictOf(faults.twentyMegabytes);
    await server.stop();
    expect(server.sent).toBeLessThan(10 * 1024 * 1024);
  });

  test('of a certificate is a refusal to connect, even where the environment says otherwise', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      expect(await verdictOf(faults.hanging, { tls: true })).toEqual({ outcome: 'unknown', reason: 'tls' });
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });

  test('of a server that never finishes the TLS handshake ends with the connection time-out', async () => {
    // undici counts it in steps of half a second.
    const patient = { ...UNHURRIED, connect: 100 };
    expect(await verdictOf(faults.hanging, { scheme: 'https', timeouts: patient })).toEqual({
      outcome: 'unknown',
      reason: 'unreachable',
    });
  });

  test('of a server that is not there is unreachable', async () => {
    server = await new faults.FaultyServer(faults.hanging).start();
    const url = server.url();
    await server.stop();
    expect(await testWith(newClient({ [address]: url }))).toEqual({
      outcome: 'unknown',
      reason: 'unreachable',
    });
  });

  test('keeps the password out of what is told', async () => {
    expect(inspect(await verdictOf(faults.garbage), { depth: null })).not.toContain(piste.password);
  });
});

describe('the time allowed for a test', () => {
  /** The limits that the client has set itself, in their order: how long, and what ends them here and now. */
  function givenLimits() {
    const limits: { readonly ms: number; readonly end: () => void }[] = [];
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const limit = new AbortController();
      limits.push({ ms, end: () => limit.abort(new DOMException('over', 'TimeoutError')) });
      return limit.signal;
    });
    return limits;
  }
  const silence: Reply = { status: 200, after: 1_000_000 };

  test('holds over all its calls together', async () => {
    const limits = givenLimits();
    const page = {
      codeRetour: 0,
      listeStructureRattachement: [{ identifiantStructure: '1', designationStructure: 'Une' }],
      parametresRetour: { pages: 50 },
    };
    piste.instead = ({ path }, nth) =>
      path === ATTACHMENTS ? (nth === 5 ? silence : { status: 200, body: page }) : undefined;
    const verdict = testWith();
    await until(() => piste.callsOf(ATTACHMENTS).length === 5);
    // One for the test, and one for the token, which is everybody's.
    expect(limits.map(({ ms }) => ms)).toEqual([UNHURRIED.test, UNHURRIED.test]);
    limits[0]?.end();
    expect(await verdict).toMatchObject({ outcome: 'accepted', complete: false });
    expect(piste.callsOf(ATTACHMENTS)).toHaveLength(5);
  });

  test('holds while the token is renewed in the middle of it', async () => {
    const limits = givenLimits();
    piste.instead = ({ path }, nth) => {
      if (path === ATTACHMENTS) return TOKEN_EXPIRED;
      return nth === 2 ? silence : undefined;
    };
    const verdict = testWith();
    await until(() => piste.callsOf(TOKEN).length === 2);
    limits[0]?.end();
    expect(await verdict).toEqual({ outcome: 'unknown', reason: 'timeout' });
    // The client is closed in peace: nobody waits for that token any more.
    for (const { end } of limits) end();
  });
});

test('a client that is closed leaves no connection', async () => {
  await testWith();
  expect(await piste.openConnections()).toBeGreaterThan(0);
  await clients.pop()?.close();
  await until(async () => (await piste.openConnections()) === 0);
});

describe('the application alone', () => {
  test('is accepted where it gets a token, which the next test uses, and no account is involved', async () => {
    const client = newClient();
    expect(await client.testApplication()).toEqual({ outcome: 'accepted' });
    expect(piste.calls.map(({ path }) => path)).toEqual([TOKEN]);
    await testWith(client);
    expect(piste.callsOf(TOKEN)).toHaveLength(1);
  });

  test('is refused where its secret is wrong', async () => {
    const client = newClient({ piste: { clientId: 'app', clientSecret: new Secret('wrong') } });
    expect(await client.testApplication()).toMatchObject({
      outcome: 'unknown',
      reason: 'pisteApplication',
    });
  });

  test('is not judged while PISTE is down', async () => {
    only(TOKEN, { status: 503 });
    expect(await newClient().testApplication()).toMatchObject({
      outcome: 'unknown',
      reason: 'unavailable',
    });
  });
});

describe('what the contract leaves open', () => {
  test.each<[string, object]>([
    ['no list', { codeRetour: 0 }],
    ['an empty list and no count of pages', { codeRetour: 0, listeStructureRattachement: null }],
    ['no result', { codeRetour: 20000, libelle: 'TRA_MSG_00.015 : aucun résultat' }],
  ])('%s is a password that is accepted, of no structure', async (_, body) => {
    only(ATTACHMENTS, { status: 200, body });
    expect(await testWith()).toEqual({ outcome: 'accepted', structures: [], complete: true });
  });

  test.each<[string, object]>([
    ['another business answer', { codeRetour: 20000, libelle: 'TRA_MSG_00.016' }],
    ['no words for it', { codeRetour: 20000 }],
    ['those words with another code', { codeRetour: 20001, libelle: 'TRA_MSG_00.015' }],
  ])('%s is a refusal in words', async (_, body) => {
    only(ATTACHMENTS, { status: 200, body });
    expect(await testWith()).toEqual({ outcome: 'refused', reason: 'refusedInWords' });
  });

  test('a structure without a name has none, on either path', async () => {
    const structures = [{ siret: '1', name: '' }];
    only(ATTACHMENTS, {
      status: 200,
      body: { codeRetour: 0, listeStructureRattachement: [{ identifiantStructure: '1' }] },
    });
    expect(await testWith()).toMatchObject({ structures });
    piste.instead = ({ path }) =>
      ({
        [ATTACHMENTS]: { status: 403 },
        [ACTIVE_STRUCTURES]: {
          status: 200,
          body: { codeRetour: 0, listeStructures: [{ identifiant: '1', designationStructure: null }] },
        },
      })[path];
    expect(await testWith()).toMatchObject({ structures });
  });

  test('a token that is said to be dead in the body alone is renewed', async () => {
    only(ATTACHMENTS, { status: 401, body: { error: 'invalid_token' } }, 1);
    expect(await testWith()).toMatchObject({ outcome: 'accepted' });
    expect(piste.callsOf(TOKEN)).toHaveLength(2);
  });

  test('a short-lived token is renewed when a tenth of its life is left', async () => {
    only(TOKEN, { status: 200, body: { access_token: 'short', expires_in: '100' } });
    const client = newClient();
    const now = performance.now();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(now);
    await client.testApplication();
    const asked = async (later: number) => {
      clock.mockReturnValue(now + later);
      const before = piste.callsOf(TOKEN).length;
      piste.instead = () => ({ status: 200, body: { access_token: 'next', expires_in: 100, codeRetour: 0 } });
      await testWith(client);
      return piste.callsOf(TOKEN).length - before;
    };
    expect(await asked(89_999)).toBe(0);
    expect(await asked(90_000)).toBe(1);
  });

  test.each([
    ['0', { retryAfterSeconds: 0 }],
    ['86401', { retryAfterSeconds: 86_401 }],
    ['604801', { retryAfterSeconds: 604_800 }],
    ['1.5', {}],
    [new Date(0).toUTCString(), {}],
  ])('Retry-After: %s', async (retryAfter, told) => {
    only(TOKEN, { status: 503, headers: { 'retry-after': retryAfter } });
    expect(await testWith()).toEqual({ outcome: 'unknown', reason: 'unavailable', ...told });
  });
});
