import { expect, test } from '@jest/globals';
import { ageClaims } from '../store/age-claims.ts';
import { FLUSHED, RedisServer } from '../store/redis-server.ts';
import { KILLS, killAtEveryCall, tellKills } from './killing.ts';

test('killed at every call on Redis, the bot loses nothing it said to be kept, and goes on', async () => {
  const redis = await RedisServer.start(...FLUSHED);
  const age = (ms: number) => ageClaims(redis.url, ms);
  const seen = await killAtEveryCall({ storeUrl: redis.url, age, replicas: 1, rounds: KILLS });
  await redis.stop();
  tellKills('kill-redis', seen);
  expect(seen.broken).toEqual([]);
  expect(seen.acknowledged).toBeGreaterThan(KILLS);
}, 3_600_000);
