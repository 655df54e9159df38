import type { RedisClientType } from '@keyv/redis';
import { Refusal } from '../../refusal.ts';
import { PATIENCE_MS, readRecord } from '../envelope.ts';
import { errorCode } from '../error-code.ts';
import { StoreUnavailable } from '../store.ts';
import type { RedisAddress } from './address.ts';
import type { RedisConnection } from './connection.ts';

const WAITS_FOR_COPY_MS = PATIENCE_MS / 2;
/** After its beginning, a write that must have a copy is answered. */
const ANSWERS_WITHIN_MS = 1_900;

/** Which writes wait for a copy: another server may take over, and what is acknowledged must be there too. */
type Copies = 'of all' | 'where there are replicas' | 'of none';

/** That what is acknowledged is not lost. */
export class Durability {
  readonly #connection: RedisConnection;
  readonly #copies: Copies;

  constructor(connection: RedisConnection, { mode }: RedisAddress, allowVolatile: boolean) {
    this.#connection = connection;
    const inCluster = allowVolatile ? 'of none' : 'where there are replicas';
    this.#copies = mode === 'alone' ? 'of none' : mode === 'cluster' ? inCluster : 'of all';
  }

  /** Throws where a server may evict records, or lose at a crash what it has acknowledged. */
  async refuseVolatile(): Promise<void> {
    for (const node of await this.#connection.masters()) await this.#refuseVolatile(node);
  }

  async #refuseVolatile(node: RedisClientType): Promise<void> {
    const info = await this.#connection
      .ask(() => node.info())
      .catch((cause: unknown) => {
        if (!isForbidden(cause)) throw cause;
        throw new Refusal(
          'STORE_URL : Redis ne dit pas s’il garde ce qu’il a reçu ; permettez-y la commande INFO, ou mettez ALLOW_VOLATILE_REDIS=1',
          { cause },
        );
      });
    // Until then it says that nothing is appended, which is not so.
    if (valueIn(info, 'loading') === '1')
      throw new StoreUnavailable('Redis is still loading', { code: 'LOADING' });
    if (valueIn(info, 'aof_enabled') !== '1') {
      throw new Refusal(
        'STORE_URL : ce Redis perd, s’il est tué, ce qu’il a reçu ; mettez-y « appendonly yes », ou ici ALLOW_VOLATILE_REDIS=1',
      );
    }
    const policy = valueIn(info, 'maxmemory_policy');
    if (policy !== 'noeviction') {
      throw new Refusal(
        `STORE_URL : ce Redis peut évincer des données (maxmemory-policy ${policy}) ; mettez-y « maxmemory-policy noeviction », ou ici ALLOW_VOLATILE_REDIS=1`,
      );
    }
    if (this.#copies === 'where there are replicas' && hasReplicas(info)) await this.#refuseUnwaited(node);
  }

  async #refuseUnwaited(node: RedisClientType): Promise<void> {
    // For no copy, which is at once: what is asked is whether one may wait at all.
    await this.#connection
      .ask(() => node.wait(0, 1))
      .catch((cause: unknown) => {
        if (!isForbidden(cause)) throw cause;
        throw new Refusal(
          'STORE_URL : ce Cluster a des réplicas, et ne laisse pas attendre qu’ils aient ce qu’il a reçu ; permettez-y la commande WAIT, ou mettez ALLOW_VOLATILE_REDIS=1',
          { cause },
        );
      });
  }

  /** Throws unless another server has the record too, at this version: where a master dies alone, what only it had is lost. */
  async expectCopy(record: string, version: number, startMs: number): Promise<void> {
    if (!(await this.#needsCopy(record))) return;
    // To wait for 0 ms is to wait for ever.
    const waitMs = Math.max(1, Math.min(WAITS_FOR_COPY_MS, startMs + ANSWERS_WITHIN_MS - Date.now()));
    const copies = this.#connection.isCluster
      ? await this.#connection.askKeeper(record, 'WAIT', '1', `${waitMs}`)
      : await this.#connection.ask((client) => client.wait(1, waitMs));
    // A master that has only just become one knows nothing of what was written before: what does it have?
    const held =
      copies === 0
        ? undefined
        : await this.#connection.ask(() => readRecord<unknown>(this.#connection.keyv, record));
    if (held === undefined || held.version < version)
      throw new StoreUnavailable('No replica of Redis has the record', { code: 'NOREPLICAS' });
  }

  async #needsCopy(record: string): Promise<boolean> {
    if (this.#copies !== 'where there are replicas') return this.#copies === 'of all';
    // The master itself is asked each time: what the client knows of the Cluster may be of yesterday.
    return hasReplicas(String(await this.#connection.askKeeper(record, 'INFO', 'replication')));
  }
}

/** The user may not do this, or the command is not there (renamed, or switched off by whoever hosts it). */
function isForbidden(error: unknown): boolean {
  return ['NOPERM', 'ERR'].includes(errorCode(error) ?? '');
}

/** What INFO says under this name. */
function valueIn(info: string, name: string): string | undefined {
  const line = info.split(/\r?\n/).find((one) => one.startsWith(`${name}:`));
  return line?.slice(name.length + 1);
}

function hasReplicas(info: string): boolean {
  return valueIn(info, 'connected_slaves') !== '0';
}
