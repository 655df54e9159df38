import { DURABLE, needRedisServer, RedisServer } from './store/redis-server.ts';

declare global {
  var testRedis: RedisServer | undefined;
}

/** One Redis for the whole run, with a database for every file that wants its own: `${TEST_REDIS_URL}/7`. */
export default async function startRedis(): Promise<void> {
  needRedisServer();
  globalThis.testRedis = await RedisServer.start(...DURABLE, '--databases', '40000');
  process.env.TEST_REDIS_URL = globalThis.testRedis.url;
}
