import { Refusal } from '../refusal.ts';
import type { Store, StoreOptions } from './store.ts';

/**
 * Opens the store that `STORE_URL` names:
 *
 * - `lmdb:./data`: embedded; the folder is made, for its owner only
 * - `redis://user:password@host:6379/0`, or `rediss://` for TLS
 * - `redis://host:7000,host:7001/?cluster`: Redis Cluster
 * - `redis://host:26379,host:26380/?sentinel=mymaster`: the hosts are the sentinels; user and password are the servers'
 *
 * Throws a `Refusal` where the URL or the server will not do,
 * `StoreUnavailable` where the server does not answer.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  // Each driver is loaded only where it is used: it is the larger part of the time it takes to start.
  if (url.startsWith('lmdb:')) {
    const { openLmdb } = await import('./lmdb/lmdb-store.ts');
    return openLmdb(url.slice('lmdb:'.length), options);
  }
  if (/^rediss?:\/\//.test(url)) {
    const { openRedis } = await import('./redis/redis-store.ts');
    return openRedis(url, options);
  }
  throw new Refusal('STORE_URL doit commencer par lmdb:, redis:// ou rediss:// ; par exemple lmdb:./data');
}
