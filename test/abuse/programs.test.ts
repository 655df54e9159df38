import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { createApi } from '../../src/consumers/api.ts';
import { PasswordRelease } from '../../src/consumers/release.ts';
import { KnownTokens, Tokens } from '../../src/consumers/tokens.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { Secret } from '../../src/secret.ts';
import { Accounts, accountId } from '../../src/store/accounts.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import { EXPIRY, LOGIN, World } from '../consumers/world.ts';
import { tell, volume } from './volume.ts';

// Programs that have no right to a password, and programs that have one while everything moves.

const OF_EACH_KIND = volume(250, 10_000);
/** What one token may ask in a minute: another one is made before it is used up. */
const ASKED_WITH_ONE = 500;
const PASSWORD = 'goZckgkKevikl';
const OTHER = 'TECH_2_AB12CD34EF56GH@cpro.fr';
const READERS = 50;
const CHANGES = volume(60, 1_000);

const figures: Record<string, number> = {};
afterAll(() => tell('programs', figures));

let world: World;
beforeEach(async () => {
  world = await World.open();
  await world.use(await world.addAccount(), PASSWORD);
  await world.use(await world.addAccount(OTHER), PASSWORD);
});
afterEach(() => world.close());

const base64url = (bytes: number) => randomBytes(bytes).toString('base64url');
/** Each request comes from elsewhere, so that no limit answers before the token is looked at. */
const anywhere = () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`;
const ROUTES = [
  (login: string) => `/v1/credentials/${login}`,
  (login: string) => `/v1/chorus/data/${login}`,
  (login: string) => `/v1/chorus/metadata/${login}`,
];

/** Asks with this text in each of the ways in which a token may come; gives the status. */
async function ask(text: string, number: number, login = LOGIN): Promise<number> {
  const route = ROUTES[number % ROUTES.length] as (login: string) => string;
  const name = number % 2 === 0 ? 'authorization' : 'x-vault-token';
  const value = name === 'authorization' ? `Bearer ${text}` : text;
  const answer = await world.api.inject({
    url: route(encodeURIComponent(login)),
    headers: { [name]: value },
    remoteAddress: anywhere(),
  });
  expect(answer.body).not.toContain(PASSWORD);
  return answer.statusCode;
}

/** Asks so often with what `make` gives, and wants a refusal each time without one call of the store. */
async function refused(kind: string, make: () => string | Promise<string>, login = LOGIN): Promise<void> {
  const statuses = new Map<number, number>();
  for (let number = 0; number < OF_EACH_KIND; number += 1) {
    const text = await make();
    world.calls.length = 0;
    const status = await ask(text, number, login);
    expect(world.calls).toEqual([]);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  figures[kind] = OF_EACH_KIND;
  expect([...statuses.keys()].filter((status) => status !== 400 && status !== 403)).toEqual([]);
  expect(await world.releases()).toEqual([]);
}

test('tokens that are forged open nothing, and cost the store no call', async () => {
  const { text, id } = await world.token({ accounts: [accountId(LOGIN)] });
  const [, , secret = ''] = text.split('_');
  const forge = [
    // The id of a real one, with another secret, or with one character that is not its own.
    () => `chorus_${id}_${base64url(32)}`,
    () => {
      const place = randomInt(secret.length);
      const other = secret[place] === 'A' ? 'B' : 'A';
      return `chorus_${id}_${secret.slice(0, place)}${other}${secret.slice(place + 1)}`;
    },
    () => `${text}${base64url(randomInt(1, 4))}`,
    () => text.slice(0, randomInt(8, text.length)),
    () => text.replace('chorus_', 'Chorus_'),
    () => `chorus_${id}_${Buffer.from(secret).toString('base64url').slice(0, 43)}`,
  ];
  await refused('forged', () => (forge[randomInt(forge.length)] as () => string)());
});

test('tokens that are guessed open nothing, and cost the store no call', async () => {
  await world.token({ accounts: [accountId(LOGIN)] });
  const guess = [
    () =>
      `chorus_${randomInt(36 ** 8)
        .toString(36)
        .padStart(12, '0')}_${base64url(32)}`,
    () => base64url(randomInt(1, 180)),
    () => `hvs.${base64url(24)}`,
    () => '__proto__',
    () => `chorus_constructor0_${base64url(32)}`,
  ];
  await refused('guessed', () => (guess[randomInt(guess.length)] as () => string)());
});

test('tokens that were revoked open nothing, and once a replica has looked they cost the store no call', async () => {
  const revoked: string[] = [];
  for (let number = 0; number < Math.ceil(OF_EACH_KIND / ASKED_WITH_ONE); number += 1) {
    const { text, id } = await world.token({ accounts: [accountId(LOGIN)] });
    await world.tokens.revoke(id);
    // At once, also before this replica has looked.
    expect(await ask(text, number)).toBe(403);
    revoked.push(text);
  }
  await world.knownTokens.refresh();
  await refused('revoked', () => revoked[randomInt(revoked.length)] as string);
});

test('tokens of another account open nothing, whether the account exists or not, and cost the store no call', async () => {
  for (const login of [LOGIN, 'TECH_9_NOBODY@cpro.fr']) {
    let text = '';
    let asked = 0;
    await refused(
      'out of scope',
      async () => {
        if (asked++ % ASKED_WITH_ONE === 0) ({ text } = await world.token({ accounts: [accountId(OTHER)] }));
        return text;
      },
      login,
    );
  }
});

test(`${READERS} readers each get a whole password of one version while keys rotate and passwords are promoted`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'readers-'));
  const store = await openStore(`lmdb:${folder}`);
  const [former, next] = ['former', 'next'].map((kid) => ({ kid, bytes: new Uint8Array(randomBytes(32)) }));
  if (former === undefined || next === undefined) throw new Error('there are no keys');
  const account = accountId(LOGIN);
  const now = () => new Date();
  const promote = async (credentials: Credentials, number: number) => {
    // The version stands in the password: a reader sees whether the two belong together.
    const about = { heldBy: 'Camille', heldSince: now(), expiry: EXPIRY };
    const { version } = await credentials.keep(account, new Secret(`version-${number}-of-it`), about);
    await credentials.promote(account, version, now());
    expect(version).toBe(number);
  };
  const accounts = new Accounts(store);
  await accounts.add({
    login: LOGIN,
    siret: '21340172201787',
    structure: 'Commune de Sète',
    manager: 'teams:tenant:camille',
    alertMonths: 12,
    addedAt: now().toISOString(),
  });
  await promote(new Credentials(store, new Sealer([former])), 1);

  // As after « keys generate » and a restart: the new key seals, both open.
  const sealer = new Sealer([next, former]);
  const credentials = new Credentials(store, sealer);
  const tokens = new Tokens(store);
  const knownTokens = new KnownTokens(tokens);
  const journal = new Journal(store, sealer);
  const release = new PasswordRelease({
    store,
    credentials,
    tokens,
    journal,
    taken: () => undefined,
    now,
  });
  const log = createLog('silent');
  const api = await createApi({
    knownTokens,
    release,
    readiness: { failed: async () => [] },
    metrics: createMetrics(),
    log,
    now,
  });
  const texts: string[] = [];
  for (let reader = 0; reader < READERS; reader += 1)
    texts.push((await tokens.create({ name: `reader-${reader}`, accounts: [account] }, now())).text);
  await knownTokens.refresh();

  let isMoving = true;
  let reads = 0;
  const seen = new Set<number>();
  const readers = texts.map(async (text, reader) => {
    let newest = 0;
    // As many as its token may ask in a minute.
    for (let asked = 0; isMoving && asked < ASKED_WITH_ONE; asked += 1) {
      const isVault = (reader + asked) % 2 === 0;
      const url = `/v1/${isVault ? 'chorus/data' : 'credentials'}/${encodeURIComponent(LOGIN)}`;
      const answer = await api.inject({ url, headers: { authorization: `Bearer ${text}` } });
      expect(answer.statusCode).toBe(200);
      const body = answer.json();
      const [password, version] = isVault
        ? [body.data.data.password, body.data.metadata.version]
        : [body.password, body.version];
      expect(password).toBe(`version-${version}-of-it`);
      expect(version).toBeGreaterThanOrEqual(newest);
      newest = version;
      seen.add(version);
      reads += 1;
    }
  });
  const rotating = (async () => {
    // Sealed under the former key now and then, as by a replica that was not restarted yet.
    const old = new Credentials(store, new Sealer([former, next]));
    for (let number = 2; number <= CHANGES; number += 1) {
      await promote(number % 2 === 0 ? old : credentials, number);
      await credentials.reseal(account);
    }
    isMoving = false;
  })();
  await Promise.all([rotating, ...readers]);
  Object.assign(figures, { readers: READERS, reads, versions: CHANGES });
  expect(seen.size).toBeGreaterThan(1);
  expect(reads).toBeGreaterThan(READERS);

  await api.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});
