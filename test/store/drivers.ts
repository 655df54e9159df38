import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type RedisServer, redisBehindSentinel, redisCluster } from './redis-server.ts';

export type Driver = 'LMDB' | 'Redis' | 'Redis Cluster' | 'Redis behind Sentinel';

export const DRIVERS: readonly Driver[] = ['LMDB', 'Redis', 'Redis Cluster', 'Redis behind Sentinel'];

/** An empty store of this kind: its `STORE_URL`, and the servers that were started for it alone. */
export async function startDriver(
  driver: Driver,
  folder: string,
): Promise<{ readonly url: string; readonly servers: readonly RedisServer[] }> {
  switch (driver) {
    case 'LMDB':
      return { url: `lmdb:${join(folder, randomUUID())}`, servers: [] };
    case 'Redis':
      return { url: `${process.env.TEST_REDIS_URL}/${randomInt(1, 10_000)}`, servers: [] };
    case 'Redis Cluster': {
      const node = await redisCluster();
      return { url: `${node.url}/?cluster`, servers: [node] };
    }
    case 'Redis behind Sentinel':
      return redisBehindSentinel(folder);
  }
}
