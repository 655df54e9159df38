import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import vault from 'node-vault';
import type { AccountId } from '../../src/store/accounts.ts';
import { LOGIN, World } from './world.ts';

let world: World;
let account: AccountId;

beforeEach(async () => {
  world = await World.open();
  account = await world.addAccount();
  await world.use(account, 'Riuxdnup64167[');
});
afterEach(() => world.close());

describe('node-vault, which nobody here wrote', () => {
  const client = (token: string) => vault({ endpoint: world.url, token });

  test('reads the password, the version and the metadata', async () => {
    const { text } = await world.token({ accounts: [account] });
    const secret = await client(text).read(`chorus/data/${LOGIN}`);
    expect(secret.data.data).toEqual({ login: LOGIN, password: 'Riuxdnup64167[' });
    expect(secret.data.metadata).toEqual({
      created_time: world.now.toISOString(),
      custom_metadata: null,
      deletion_time: '',
      destroyed: false,
      version: 1,
    });
    expect(secret.lease_duration).toBe(300);
    const { data } = await client(text).read(`chorus/metadata/${LOGIN}`);
    expect(data).toMatchObject({ current_version: 1, versions: { 1: { destroyed: false } } });
    expect(JSON.stringify(data)).not.toContain('Riux');
  });

  test('asks who it is and whether the server works', async () => {
    const { text } = await world.token({ accounts: [account], expiresAt: '2026-06-02T11:00:00.000Z' });
    const { data } = await client(text).tokenLookupSelf();
    expect(data).toMatchObject({ type: 'service', ttl: 3600, expire_time: '2026-06-02T11:00:00.000Z' });
    expect(await client(text).health()).toEqual({ initialized: true, sealed: false, standby: false });
  });

  test('reads « permission denied » for an account that its token does not name, there or not', async () => {
    await world.addAccount('TECH_1_OTHER@cpro.fr');
    const { text } = await world.token({ accounts: [account] });
    const refusals = [];
    for (const login of ['TECH_1_OTHER@cpro.fr', 'TECH_1_NOBODY@cpro.fr'])
      refusals.push(
        await client(text)
          .read(`chorus/data/${login}`)
          .catch((error: unknown) => error),
      );
    refusals.push(
      await client('hvs.unknown')
        .read(`chorus/data/${LOGIN}`)
        .catch((error: unknown) => error),
    );
    for (const refusal of refusals)
      expect((refusal as { response: unknown }).response).toMatchObject({
        statusCode: 403,
        body: { errors: ['permission denied'] },
      });
  });
});

describe('hvac, Debian’s python3-hvac', () => {
  /** What the script prints, with `client` at hand for this token. Python's own environment must not lead it elsewhere. */
  async function hvac(token: string, ...lines: readonly string[]): Promise<string> {
    const client = `client = hvac.Client(url=${JSON.stringify(world.url)}, token=${JSON.stringify(token)})`;
    const script = ['import hvac', client, ...lines].join('\n');
    const { stdout } = await promisify(execFile)('/usr/bin/python3', ['-c', script], { env: {} });
    return stdout.trim();
  }
  const PATH = `mount_point='chorus', path=${JSON.stringify(LOGIN)}`;

  test('is authenticated, and reads the password and its version', async () => {
    const { text } = await world.token({ accounts: [account] });
    const read = await hvac(
      text,
      'print(client.is_authenticated())',
      `secret = client.secrets.kv.v2.read_secret_version(${PATH})['data']`,
      "print(secret['data']['password'], secret['metadata']['version'])",
      `print(client.secrets.kv.v2.read_secret_metadata(${PATH})['data']['current_version'])`,
    );
    expect(read.split('\n')).toEqual(['True', 'Riuxdnup64167[ 1', '1']);
  });

  test('is refused an account that its token does not name, and a token that is none', async () => {
    const { text } = await world.token({ accounts: [await world.addAccount('TECH_1_OTHER@cpro.fr')] });
    for (const token of [text, 'hvs.unknown']) {
      const refused = await hvac(
        token,
        'try:',
        `    client.secrets.kv.v2.read_secret_version(${PATH})`,
        'except hvac.exceptions.Forbidden as error:',
        '    print(error.errors)',
      );
      expect(refused).toBe("['permission denied']");
    }
  });
});

test('only the version in use is given', async () => {
  await world.use(account, 'second');
  const { text } = await world.token({ accounts: [account] });
  const at = async (version: string) => {
    const answer = await world.get(`/v1/chorus/data/${LOGIN}?version=${version}`, { 'x-vault-token': text });
    return [answer.status, await answer.json()];
  };
  for (const version of ['2', '0'])
    expect(await at(version)).toMatchObject([200, { data: { data: { password: 'second' } } }]);
  for (const version of ['1', '3', '999999'])
    expect(await at(version)).toEqual([404, { errors: ['no such version'] }]);
  expect(await at('x')).toEqual([400, { errors: ['version is not a number'] }]);
});

test('consul-template’s first question is answered for the whole path it reads', async () => {
  const { text } = await world.token({ accounts: [account] });
  for (const path of ['', `/data/${LOGIN}`]) {
    const asked = await world.get(`/v1/sys/internal/ui/mounts/chorus${path}`, { 'x-vault-token': text });
    expect(((await asked.json()) as { data: unknown }).data).toMatchObject({
      path: 'chorus/',
      type: 'kv',
      options: { version: '2' },
    });
  }
});

test('a store that does not answer is 503 in Vault’s words, and no rotation period is ever sent', async () => {
  const { text } = await world.token({ accounts: [account] });
  const ask = () => world.get(`/v1/chorus/data/${LOGIN}`, { 'x-vault-token': text });
  expect(await (await ask()).text()).not.toContain('rotation_period');
  world.failing = /^credential\//;
  const answer = await ask();
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ errors: [expect.stringMatching('store')] });
});
