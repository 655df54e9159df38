import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createApi } from '../../src/consumers/api.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { AccountId } from '../../src/store/accounts.ts';
import { SELF_SIGNED } from '../chorus/faulty-servers.ts';
import { LOGIN, World } from './world.ts';

// Requests that no client library sends, as bytes.

const PASSWORD = 'goZckgkKevikl';
const OWN = `/v1/credentials/${LOGIN}`;
const VAULT = `/v1/chorus/data/${LOGIN}`;

let world: World;
let account: AccountId;
let token: string;

beforeEach(async () => {
  world = await World.open();
  account = await world.addAccount();
  await world.use(account, PASSWORD);
  ({ text: token } = await world.token({ accounts: [account] }));
  world.calls.length = 0;
});
afterEach(() => world.close());

/** Sends these very lines; gives the status and the whole answer. */
async function send(
  path: string,
  ...headers: readonly string[]
): Promise<{ status: number; answer: string }> {
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1');
  await once(socket, 'connect');
  const lines = [`GET ${path} HTTP/1.1`, 'Host: api', 'Connection: close', ...headers, '', ''];
  socket.write(Buffer.from(lines.join('\r\n'), 'latin1'));
  const answer = await textOf(socket);
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]), answer };
}

/** Refused without the password, the token or a call of the store. */
async function refused(path: string, ...headers: readonly string[]): Promise<number> {
  const { status, answer } = await send(path, ...headers);
  expect(answer).not.toContain(PASSWORD);
  expect(answer).not.toContain(token.slice(-43));
  expect(world.calls).toEqual([]);
  return status;
}

test('what is sent once as it is meant is answered', async () => {
  for (const [path, header] of [
    [OWN, `authorization: bearer ${token}`],
    [OWN, `X-Vault-Token:${token}`],
    [VAULT, `X-VAULT-TOKEN: ${token}`],
  ] as const)
    expect((await send(path, header)).answer).toContain(PASSWORD);
});

describe.each([
  ['our own route', OWN],
  ['Vault’s', VAULT],
])('on %s', (_, path) => {
  const bearer = () => `Authorization: Bearer ${token}`;
  const vault = () => `X-Vault-Token: ${token}`;

  test('two headers that name a token are refused, the same or not', async () => {
    const guess = 'Authorization: Bearer chorus_guess';
    for (const two of [
      [bearer(), bearer()],
      [bearer(), guess],
      [guess, bearer()],
      [vault(), vault()],
      [vault(), 'x-vault-token: x'],
      [bearer(), vault()],
      ['Authorization:', vault()],
    ])
      expect([two, await refused(path, ...two)]).toEqual([two, 400]);
  });

  test('an empty token is none, and half a header is wrong in itself', async () => {
    const none = path === OWN ? 401 : 403;
    for (const header of ['Authorization:', 'Authorization:   ', 'X-Vault-Token:', 'X-Vault-Token: \t '])
      expect([header, await refused(path, header)]).toEqual([header, none]);
    for (const header of ['Authorization: Bearer', 'Authorization: Bearer  ', `Authorization: ${token}`])
      expect([header, await refused(path, header)]).toEqual([header, 400]);
  });

  test('a token in the address is refused, whatever it is called there', async () => {
    const inAddress = [
      `${path}?token=${token}`,
      `${path}?access_token=${token}`,
      `${path}?X-Vault-Token=${token}`,
      `${path}?x=${token.toUpperCase()}`,
      path.replace(LOGIN, token),
      path.replace(LOGIN, `${LOGIN};${token}`),
    ];
    for (const address of inAddress) {
      expect([address, await refused(address)]).toEqual([address, 400]);
      expect([address, await refused(address, bearer())]).toEqual([address, 400]);
    }
  });

  test('a login in an odd encoding is the account’s or nobody’s, and never one that was removed', async () => {
    const nobody = [
      LOGIN.replace('@', '%2540'),
      `${LOGIN}%00`,
      `${LOGIN}%0d%0aX-Injected:%20yes`,
      `..%2f${LOGIN}`,
      `${LOGIN}%2f..`,
      LOGIN.replace('_', '%e2%80%8b_'),
      'x'.repeat(2_000),
      '%C3%A9'.repeat(200),
      '__proto__',
    ];
    for (const login of nobody)
      expect([login, await refused(path.replace(LOGIN, login), bearer())]).toEqual([login, 403]);
    for (const login of ['%', '%4', '%zz', '%E0%A4%A', '%ff', '%c0%ae'])
      expect([login, await refused(path.replace(LOGIN, login), bearer())]).toEqual([login, 400]);
    expect([400, 403]).toContain(await refused(path.replace(LOGIN, 'caf\xe9@cpro.fr'), bearer()));

    const every = [...LOGIN].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
    const fullWidth = encodeURIComponent(LOGIN.replace('TECH', 'ＴＥＣＨ'));
    for (const login of [every, fullWidth])
      expect((await send(path.replace(LOGIN, login), bearer())).answer).toContain(PASSWORD);
  });
});

test('with a certificate it is read over TLS 1.2 and newer only', async () => {
  const { knownTokens, release } = world;
  const metrics = createMetrics();
  const readiness = { failed: async () => [] };
  const tls = { cert: Buffer.from(SELF_SIGNED.cert), key: Buffer.from(SELF_SIGNED.key) };
  const api = await createApi({
    knownTokens,
    release,
    readiness,
    metrics,
    tls,
    log: createLog('silent'),
    now: () => world.now,
  });
  const url = await api.listen({ host: '127.0.0.1', port: 0 });
  const ask = (address: string, ...flags: readonly string[]) =>
    promisify(execFile)('curl', [
      '--silent',
      '--insecure',
      ...flags,
      '--header',
      `Authorization: Bearer ${token}`,
      address + OWN,
    ]);
  try {
    expect(url).toMatch(/^https:/);
    for (const flags of [[], ['--tlsv1.2', '--tls-max', '1.2']])
      expect((await ask(url, ...flags)).stdout).toContain(PASSWORD);
    await expect(ask(url, '--tls-max', '1.1')).rejects.toThrow();
    await expect(ask(url.replace('https:', 'http:'))).rejects.toThrow();
  } finally {
    await api.close();
  }
});

test('If-None-Match is a list, in one header or in two', async () => {
  await world.use(account, 'theSecondOne');
  const ask = async (...tags: readonly string[]) =>
    (await send(OWN, `Authorization: Bearer ${token}`, ...tags.map((tag) => `If-None-Match: ${tag}`))).status;
  for (const tags of [['"2"'], ['W/"2"'], ['"1", "2"'], ['"1"', '"2"'], ['"2"', '"2"'], ['x', '"2"']])
    expect([tags, await ask(...tags)]).toEqual([tags, 304]);
  expect(await world.releases()).toEqual([]);
  for (const tags of [['"1"'], ['"1"', '"3"'], ['2'], ['"02x"'], ['""'], ['*']])
    expect([tags, await ask(...tags)]).toEqual([tags, 200]);
});
