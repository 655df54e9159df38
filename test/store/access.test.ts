import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { addSealingKey } from '../../src/store/seal.ts';
import { ownProcess, ROOT } from '../admin/shell.ts';
import { SELF_SIGNED } from '../chorus/faulty-servers.ts';
import { freePort } from '../free-port.ts';
import { DURABLE, RedisServer } from './redis-server.ts';

describe('a Redis behind TLS', () => {
  const authority = join(ROOT, 'authority.pem');
  let redis: RedisServer;
  let env: Record<string, string>;

  beforeAll(async () => {
    const port = await freePort();
    writeFileSync(authority, SELF_SIGNED.cert);
    writeFileSync(join(ROOT, 'redis.key'), SELF_SIGNED.key, { mode: 0o600 });
    redis = await RedisServer.start(
      ...DURABLE,
      ...['--tls-port', `${port}`, '--tls-cert-file', authority, '--tls-key-file', join(ROOT, 'redis.key')],
      ...['--tls-ca-cert-file', authority, '--tls-auth-clients', 'no', '--requirepass', 'canary'],
    );
    env = {
      STORE_URL: `rediss://:canary@127.0.0.1:${port}/0`,
      STORE_KEYS_FILE: join(ROOT, 'keys.json'),
    };
    await addSealingKey(env.STORE_KEYS_FILE ?? '');
  });
  afterAll(() => redis.stop());

  test('is used where its authority is known to Node', async () => {
    const known = { ...env, NODE_EXTRA_CA_CERTS: authority };
    const { code, out } = await ownProcess(known, 'account', 'list', '--json');
    expect([code, JSON.parse(out)]).toEqual([0, []]);
  }, 20_000);

  test('is refused with its reason where nobody answers for it, even where the environment says otherwise', async () => {
    const unsafe = { ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    for (const each of [env, unsafe]) {
      const { code, err } = await ownProcess(each, 'account', 'list');
      expect([code, err]).toEqual([1, expect.stringMatching(/STORE_URL.*self-signed certificate/)]);
      expect(err).not.toContain('canary');
    }
  }, 20_000);
});

describe('a Redis user', () => {
  /** As administrators read it. */
  const [, documented = ''] =
    /^ACL SETUSER chorus on >motdepasse (.*)$/m.exec(readFileSync('docs/fr/administrateurs.md', 'utf8')) ??
    [];
  const rights = documented.split(' ');
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start(...DURABLE);
  });
  afterAll(() => redis.stop());

  /** Every call of the store, as a user who may do only this. */
  async function use(allowed: readonly string[]): Promise<void> {
    await redis.command('FLUSHALL');
    await redis.command('SCRIPT', 'FLUSH');
    await redis.command('ACL', 'SETUSER', 'chorus', 'reset');
    await redis.command('ACL', 'SETUSER', 'chorus', 'on', '>motdepasse', ...allowed);
    const store = await openStore(`redis://chorus:motdepasse@127.0.0.1:${redis.port}/0`);
    try {
      await store.ping();
      expect(await store.write('record', 1, 0)).toBe(true);
      expect(await store.read('record')).toMatchObject({ value: 1 });
      expect(await store.readMany(['record', 'none'])).toHaveLength(2);
      for await (const key of store.keys('')) expect(key).toBe('record');
      expect(await store.remove('record', 1)).toBe(true);
      const token = (await store.claim('claim', 60_000)) ?? '';
      await store.release('claim', token);
      await store.schedule('agenda', 'id', new Date(1));
      await store.scheduleMany('agenda', [{ id: 'id', at: new Date(2), from: new Date(1) }]);
      expect(await store.scheduled('agenda', ['id'])).toEqual([new Date(2)]);
      expect(await store.due('agenda', new Date(), 1)).toEqual(['id']);
      await store.unschedule('agenda', 'id');
    } finally {
      await store.close();
    }
  }

  test('with the documented rights can do all that the bot does', async () => {
    await use(rights);
  });

  // The ping keeps an idle connection alive, which no test waits for.
  test.each(rights.filter((right) => right.startsWith('+') && right !== '+ping'))(
    'needs %s, so that none is given in vain',
    async (right) => {
      await expect(use(rights.filter((each) => each !== right))).rejects.toThrow();
    },
  );
});
