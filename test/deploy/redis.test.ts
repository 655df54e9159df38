import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { RedisServer } from '../store/redis-server.ts';

const PASSWORD = 'a-long-password';
const folder = mkdtempSync(join(tmpdir(), 'deploy-redis-'));
const acl = join(folder, 'redis.acl');
let redis: RedisServer;

beforeAll(async () => {
  const hash = createHash('sha256').update(PASSWORD).digest('hex');
  const documented = readFileSync('deploy/redis/redis.acl', 'utf8');
  writeFileSync(acl, documented.replace('SHA256_OF_THE_PASSWORD', hash));
  // Only where things stand differs.
  const conf = join(folder, 'redis.conf');
  const inContainer = readFileSync('deploy/redis/redis.conf', 'utf8');
  writeFileSync(conf, inContainer.replace('/data', folder).replace('/run/secrets/redis_acl', acl));
  redis = await RedisServer.start(conf);
});
afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true });
});

test('the bot keeps and finds its records as the user of the file, also after a restart', async () => {
  const url = `redis://chorus:${PASSWORD}@127.0.0.1:${redis.port}/0`;
  const before = await openStore(url);
  expect(await before.write('record', 'kept', 0)).toBe(true);
  await before.close();
  await redis.signal('SIGKILL');
  await redis.start();
  const after = await openStore(url);
  expect(await after.read('record')).toMatchObject({ value: 'kept' });
  await after.close();
});

test('nobody else gets in', async () => {
  expect(await redis.command('GET', 'chorus:record')).toMatch(/^-NOAUTH/);
  await expect(openStore(`redis://127.0.0.1:${redis.port}/0`)).rejects.toThrow();
});

test('the rights are those of the documentation', () => {
  const [, documented] =
    /^ACL SETUSER chorus on >motdepasse (.*)$/m.exec(readFileSync('docs/fr/administrateurs.md', 'utf8')) ??
    [];
  expect(readFileSync('deploy/redis/redis.acl', 'utf8')).toContain(`#SHA256_OF_THE_PASSWORD ${documented}\n`);
});
