import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addSealingKey } from '../../src/store/keys.ts';
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
  });

  test('is refused with its reason where nobody answers for it, even where the environment says otherwise', async () => {
    const unsafe = { ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    for (const each of [env, unsafe]) {
      const { code, err } = await ownProcess(each, 'account', 'list');
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(
          /^STORE_URL : le certificat.*\(DEPTH_ZERO_SELF_SIGNED_CERT\) ; .*NODE_EXTRA_CA_CERTS\n?$/,
        ),
      ]);
      expect(err).not.toContain('canary');
    }
  });
});
