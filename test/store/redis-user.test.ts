import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { DURABLE, RedisServer } from './redis-server.ts';

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
