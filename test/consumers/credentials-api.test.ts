import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PasswordRelease } from '../../src/consumers/release.ts';
import { KnownTokens } from '../../src/consumers/tokens.ts';
import { Secret } from '../../src/secret.ts';
import type { AccountId } from '../../src/store/accounts.ts';
import { EXPIRY, LOGIN, World } from './world.ts';

const run = promisify(execFile);
let world: World;
let account: AccountId;

beforeEach(async () => {
  world = await World.open();
  account = await world.addAccount();
});
afterEach(() => world.close());

/** Another text that differs in its last character. */
function almost(token: string): string {
  return `${token.slice(0, -1)}${token.endsWith('x') ? 'y' : 'x'}`;
}

describe('a program with a token for the account', () => {
  test('reads the password in use, its version and its expiry', async () => {
    await world.use(account, 'goZckgkKevikl');
    const { text } = await world.token({ accounts: [account] });
    const answer = await world.read(text);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({
      login: LOGIN,
      password: 'goZckgkKevikl',
      version: 1,
      updated: world.now.toISOString(),
      expires: EXPIRY.at,
      expiresIsEstimate: false,
    });
  });

  test('reads it with curl, and the login with @ plain, encoded or in capitals', async () => {
    await world.use(account, 'H9-{7&:k|cOE|+;N');
    const { text } = await world.token({ accounts: [account] });
    for (const login of [LOGIN, LOGIN.replace('@', '%40'), LOGIN.toUpperCase(), LOGIN.toLowerCase()]) {
      const { stdout } = await run('curl', [
        '--silent',
        '--fail',
        '--header',
        `Authorization: Bearer ${text}`,
        `${world.url}/v1/credentials/${login}`,
      ]);
      expect(JSON.parse(stdout)).toMatchObject({ login: LOGIN, password: 'H9-{7&:k|cOE|+;N' });
    }
  });

  test('that has this version already gets 304, which is no release', async () => {
    await world.use(account, 'first');
    const { text } = await world.token({ accounts: [account] });
    const same = await world.read(text, LOGIN, { 'if-none-match': '"1"' });
    expect([same.status, await same.text()]).toEqual([304, '']);
    expect(await world.releases()).toEqual([]);
    await world.use(account, 'second');
    const newer = await world.read(text, LOGIN, { 'if-none-match': '"1"' });
    expect(await newer.json()).toMatchObject({ password: 'second', version: 2 });
  });

  test('never gets a password that was not tested', async () => {
    await world.use(account, 'first');
    await world.credentials.keep(account, new Secret('never tested'), {
      heldBy: 'Camille',
      heldSince: world.now,
      expiry: EXPIRY,
    });
    const { text } = await world.token({ accounts: [account] });
    expect(await (await world.read(text)).json()).toMatchObject({ version: 1 });
  });

  test('without a password in use gets 404, which says so', async () => {
    const { text } = await world.token({ accounts: [account] });
    const answer = await world.read(text);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(await answer.json()).toMatchObject({ status: 404, detail: expect.stringContaining('yet') });
  });

  test('reads the password of an account that is suspended, on each route', async () => {
    await world.use(account, 'goZckgkKevikl');
    const { text } = await world.token({ accounts: [account] });
    await world.accounts.change(account, (found) => ({ ...found, suspendedAt: world.now.toISOString() }));
    for (const route of ['credentials', 'chorus/data']) {
      const answer = await world.get(`/v1/${route}/${LOGIN}`, { 'x-vault-token': text });
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('goZckgkKevikl')]);
    }
    expect((await world.get(`/v1/chorus/metadata/${LOGIN}`, { 'x-vault-token': text })).status).toBe(200);
  });

  test('gets 404 only once the account was removed', async () => {
    await world.use(account, 'first');
    const { text } = await world.token({ accounts: [account] });
    await world.accounts.remove(account);
    expect((await world.read(text)).status).toBe(404);
  });
});

describe('the journal', () => {
  test('has the first release of a version to a token and an address, and later reads are counted', async () => {
    await world.use(account, 'first');
    const { id, text } = await world.token({ accounts: [account] });
    for (let i = 0; i < 5; i++) expect((await world.read(text)).status).toBe(200);
    expect(await world.releases()).toEqual([
      { who: `token:${id} odoo`, what: 'passwordReleased version 1', from: '127.0.0.1' },
    ]);
    await world.release.flush();
    expect(await world.tokens.uses([id])).toEqual([{ reads: 5, lastReadAt: world.now.toISOString() }]);
    await world.use(account, 'second');
    await Promise.all([1, 2, 3].map(() => world.read(text)));
    expect((await world.releases()).map(({ what }) => what)).toEqual([
      'passwordReleased version 1',
      'passwordReleased version 2',
    ]);
  });

  test('has it before the program has the password: where it cannot be written, nothing is answered', async () => {
    await world.use(account, 'goZckgkKevikl');
    const { text } = await world.token({ accounts: [account] });
    world.failing = /^journal\//;
    const answer = await world.read(text);
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('goZckgkKevikl');
    world.failing = undefined;
    expect((await world.read(text)).status).toBe(200);
  });

  test('has it also where the store fails before the answer: nothing is answered, and the next request is', async () => {
    await world.use(account, 'goZckgkKevikl');
    const { text } = await world.token({ accounts: [account] });
    world.failing = /^releases\//;
    for (const path of [`/v1/credentials/${LOGIN}`, `/v1/chorus/data/${LOGIN}`]) {
      const answer = await world.get(path, { authorization: `Bearer ${text}` });
      expect([answer.status, await answer.text()]).toEqual([503, expect.not.stringContaining('goZckgk')]);
    }
    world.failing = undefined;
    expect((await world.read(text)).status).toBe(200);
    expect((await world.releases()).length).toBeGreaterThanOrEqual(1);
  });

  test('does not grow by many programs that poll: each has its one entry, at another replica too', async () => {
    await world.use(account, 'first');
    const texts: string[] = [];
    // More than any one record remembers.
    for (let i = 0; i < 250; i++) texts.push((await world.token({ accounts: [account] })).text);
    for (const text of texts) expect((await world.read(text)).status).toBe(200);
    expect(await world.releases()).toHaveLength(250);
    for (const text of texts) expect((await world.read(text)).status).toBe(200);
    expect(await world.releases()).toHaveLength(250);
    const other = new PasswordRelease({ ...world, taken: () => undefined, now: () => world.now });
    for (const token of await world.tokens.list())
      await other.release({ token, account, address: '127.0.0.1' });
    expect(await world.releases()).toHaveLength(250);
  });

  test('does not grow by programs that poll: the store keeps what it had', async () => {
    await world.use(account, 'first');
    const { text } = await world.token({ accounts: [account] });
    await world.read(text);
    await world.release.flush();
    const before = await keysOf(world);
    for (let i = 0; i < 50; i++) await world.read(text);
    await world.release.flush();
    expect(await keysOf(world)).toEqual(before);
  });
});

describe('nobody else', () => {
  test('gets an answer: no token, one in the address, two, an unknown one, one of another account', async () => {
    await world.use(account, 'goZckgkKevikl');
    const other = await world.addAccount('TECH_1_OTHER@cpro.fr');
    await world.use(other, 'goZckgkKevikl');
    const { text } = await world.token({ accounts: [account] });
    const path = `/v1/credentials/${LOGIN}`;
    const tried: [number, Promise<Response>][] = [
      [401, world.get(path)],
      [401, world.get(path, { authorization: '' })],
      [400, world.get(`${path}?token=${text}`, { authorization: `Bearer ${text}` })],
      [400, world.get(path, { authorization: `Bearer ${text}`, 'x-vault-token': text })],
      [400, world.get(path, { authorization: `Basic ${text}` })],
      [400, world.get(path, { authorization: `Bearer ${text.repeat(9)}` })],
      [403, world.get(path, { authorization: `Bearer ${almost(text)}` })],
      [403, world.get(path, { authorization: `Bearer chorus_aaaaaaaaaaaa_${'a'.repeat(43)}` })],
      [403, world.read(text, 'TECH_1_OTHER@cpro.fr')],
      [403, world.read(text, 'TECH_1_NOBODY@cpro.fr')],
      [400, world.read(text, '%E0%A4%A')],
    ];
    for (const [status, asked] of tried) {
      const answer = await asked;
      const body = await answer.text();
      expect([status, answer.status, body]).toEqual([
        status,
        status,
        expect.not.stringContaining('goZckgkKevikl'),
      ]);
      expect(body).not.toContain(text.slice(20));
    }
  });

  test('costs the store a call: forged, guessed, expired, out of scope, from elsewhere', async () => {
    await world.use(account, 'first');
    const { text } = await world.token({ accounts: [account] });
    const ended = await world.token({ accounts: [account], expiresAt: '2026-06-02T09:59:59.999Z' });
    const elsewhere = await world.token({ accounts: [account], from: ['10.0.0.0/8', '2001:db8::/32'] });
    world.calls.length = 0;
    for (const tried of [ended.text, elsewhere.text, almost(text), 'chorus_x', 'x'.repeat(200)])
      expect((await world.read(tried)).status).toBe(403);
    expect((await world.read(text, 'TECH_1_OTHER@cpro.fr')).status).toBe(403);
    expect(world.calls).toEqual([]);
  });

  test('reads with a token that was revoked, at another replica neither, from that moment', async () => {
    await world.use(account, 'first');
    const { id, text } = await world.token({ accounts: [account] });
    expect((await world.read(text)).status).toBe(200);
    // The API's own list still has it: it is not refreshed in this test.
    expect(await world.tokens.revoke(id)).toBe(true);
    expect((await world.read(text)).status).toBe(403);
  });

  test('is allowed to ask for ever', async () => {
    const answers = await Promise.all(Array.from({ length: 70 }, () => world.read('chorus_guess')));
    const late = answers.filter(({ status }) => status === 429);
    expect(late).toHaveLength(10);
    expect(Number(late[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(late[0]?.headers.get('content-type')).toMatch('application/problem+json');
  });
});

test('a token from a network reads from there', async () => {
  await world.use(account, 'first');
  const { text } = await world.token({ accounts: [account], from: ['127.0.0.0/8'] });
  expect((await world.read(text)).status).toBe(200);
});

test('a token is kept as a hash only', async () => {
  const { id, text } = await world.token({ accounts: [account] });
  for await (const key of world.store.keys('')) {
    const record = JSON.stringify(await world.store.read(key));
    expect(record).not.toContain(text);
    expect(record).not.toContain(text.slice(-43));
  }
  expect(await world.tokens.list()).toMatchObject([{ id, name: 'odoo', accounts: [account] }]);
});

test('another replica learns of a new token when it looks', async () => {
  const replica = new KnownTokens(world.tokens);
  const { id, text } = await world.token({ accounts: [account] });
  expect(replica.find(text)).toBeUndefined();
  await replica.refresh();
  expect(replica.find(text)).toMatchObject({ id });
});

test('a program that only holds a connection open does not hold the stop up', async () => {
  const met = once(world.api.server, 'connection');
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1');
  const closed = once(socket, 'close');
  await met;
  await world.api.close();
  await closed;
  // After 40 s of silence it would be closed anyway.
}, 30_000);

async function keysOf({ store }: World): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.keys('')) keys.push(key);
  return keys.sort();
}
