import { expect, test } from '@jest/globals';
import { ageClaims } from '../store/age-claims.ts';
import { DURABLE, RedisServer } from '../store/redis-server.ts';
import { KILLS, killAtEveryCall, tellKills } from './killing.ts';

test('of three replicas on one Redis, two finish together what the third was killed over', async () => {
  const redis = await RedisServer.start(...DURABLE);
  const age = (ms: number) => ageClaims(redis.url, ms);
  const rounds = Math.ceil(KILLS / 3);
  const seen = await killAtEveryCall({ storeUrl: redis.url, age, replicas: 3, rounds });
  await redis.stop();
  tellKills('kill-replicas', seen);
  expect(seen.broken).toEqual([]);
  expect(seen.acknowledged).toBeGreaterThan(rounds);
}, 3_600_000);
