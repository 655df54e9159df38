import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { envelopeText, holdsWrite, PATIENCE_MS, readRecord, readRecords } from '../envelope.ts';
import { lastingWrites, newVersionOf } from '../operations.ts';
import {
  type Applied,
  type Claimed,
  type Operation,
  type RecordRefused,
  type Scheduled,
  type Store,
  StoreBase,
  type StoreOptions,
  type Versioned,
} from '../store.ts';
import { readAddress, refusePlaintext } from './address.ts';
import { clientFactory } from './clients.ts';
import { RedisConnection } from './connection.ts';
import { Durability } from './durability.ts';
import { AGENDAS, CLAIMS, NAMESPACE, RECORDS } from './names.ts';
import { FIRST_PAUSE_MS } from './pause.ts';
import { APPLY, CLAIM, RELEASE, SCHEDULE } from './scripts.ts';

/** How long a write is looked for of which no answer came; less where it has waited long already, so that it stays within 2 s. */
const LOOKS_FOR_MS = 600;
const LOOKS_AFTER_MS = 600;

/** Opens a store on Redis, alone, in a Cluster or behind Sentinel. See `openStore`. */
export async function openRedis(
  url: string,
  { allowVolatile = false, allowPlaintext = false }: StoreOptions,
): Promise<Store> {
  const address = readAddress(url);
  if (!allowPlaintext) refusePlaintext(address);
  const connection = new RedisConnection(clientFactory(address, allowPlaintext));
  const durability = new Durability(connection, address, allowVolatile);
  try {
    await connection.connect();
    if (!allowVolatile) await durability.refuseVolatile();
    return new RedisStore(connection, durability);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

class RedisStore extends StoreBase implements Store {
  readonly #connection: RedisConnection;
  readonly #durability: Durability;

  constructor(connection: RedisConnection, durability: Durability) {
    super();
    this.#connection = connection;
    this.#durability = durability;
  }

  async read<T>(key: string): Promise<Versioned<T> | undefined> {
    return this.#connection.ask(() => readRecord<T>(this.#connection.keyv, key));
  }

  async readMany<T>(keys: readonly string[]): Promise<(Versioned<T> | RecordRefused | undefined)[]> {
    return this.#connection.ask(() => readRecords<T>(this.#connection.keyv, keys));
  }

  async apply(operations: readonly Operation[]): Promise<Applied> {
    const startMs = Date.now();
    const applied = await this.#applyAll(operations, startMs);
    if (!applied.isApplied) return applied;
    const writes = lastingWrites(operations);
    // On one server all went through one connection, in one script: the copy of one tells for all.
    const copied = this.#connection.isCluster ? writes : writes.slice(0, 1);
    await Promise.all(copied.map(({ key, version }) => this.#durability.expectCopy(key, version, startMs)));
    return applied;
  }

  async *keys(prefix: string): AsyncIterable<string> {
    const MATCH = `${(RECORDS + prefix).replace(/[\\*?[\]]/g, '\\$&')}*`;
    for (const node of await this.#connection.masters()) {
      let cursor = '0';
      do {
        const options = { MATCH, COUNT: 1_000, TYPE: 'string' };
        const page = await this.#connection.ask(() => node.scan(cursor, options));
        cursor = page.cursor;
        for (const key of page.keys) yield key.slice(RECORDS.length);
      } while (cursor !== '0');
    }
  }

  async claimMany(keys: readonly string[], lifeMs: number): Promise<(string | undefined)[]> {
    const claims = keys.map((key) => ({ key, token: randomUUID() }));
    const taken = await Promise.all(
      this.#batches(claims).map((batch) => {
        const values = [`${lifeMs}`, ...batch.map(({ token }) => token)];
        return this.#connection.run(CLAIM, { keys: batch.map(claimKey), values }) as Promise<number[]>;
      }),
    );
    return taken.flat().map((isMine, i) => (isMine === 1 ? claims[i]?.token : undefined));
  }

  async releaseMany(claims: readonly Claimed[]): Promise<void> {
    await Promise.all(
      this.#batches(claims).map((batch) => {
        const values = batch.map(({ token }) => token);
        return this.#connection.run(RELEASE, { keys: batch.map(claimKey), values });
      }),
    );
  }

  async scheduleMany(agenda: string, entries: readonly Scheduled[]): Promise<void> {
    if (entries.length === 0) return;
    const values = entries.flatMap(({ id, at, from }) => [id, instant(at), instant(from)]);
    await this.#connection.run(SCHEDULE, { keys: [AGENDAS + agenda], values });
  }

  async scheduled(agenda: string, ids: readonly string[]): Promise<(Date | undefined)[]> {
    if (ids.length === 0) return [];
    const instants = await this.#connection.ask((client) => client.zmScore(AGENDAS + agenda, [...ids]));
    return instants.map((at) => (at === null ? undefined : new Date(at)));
  }

  async due(agenda: string, now: Date, limit: number): Promise<string[]> {
    const LIMIT = { offset: 0, count: limit };
    return this.#connection.ask((client) =>
      client.zRangeByScore(AGENDAS + agenda, '-inf', now.getTime(), { LIMIT }),
    );
  }

  async ping(): Promise<void> {
    await this.#connection.ask((client) => client.get(NAMESPACE));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** In one script; in a Cluster, whose keys are on several servers, one after the other. */
  async #applyAll(operations: readonly Operation[], startMs: number): Promise<Applied> {
    if (!this.#connection.isCluster) return this.#applyTogether(operations, startMs);
    for (const [place, operation] of operations.entries()) {
      const { isApplied } = await this.#applyTogether([operation], startMs);
      if (!isApplied) return { isApplied, refused: place };
    }
    return { isApplied: true };
  }

  async #applyTogether(operations: readonly Operation[], startMs: number): Promise<Applied> {
    if (operations.length === 0) return { isApplied: true };
    const write = randomUUID();
    const steps = operations.map((operation) => stepOf(operation, write));
    const values = [write, ...steps.flatMap(({ values }) => values)];
    try {
      const refused = await this.#connection.run(APPLY, {
        keys: steps.map(({ key }) => key),
        values,
        startMs,
      });
      return refused === 0 ? { isApplied: true } : { isApplied: false, refused: Number(refused) - 1 };
    } catch (failure) {
      // The answer may be all that was lost.
      const [lasting] = lastingWrites(operations);
      if (lasting === undefined || !(await this.#holds(lasting.key, write, startMs))) throw failure;
      return { isApplied: true };
    }
  }

  /** Whether a write is there that was begun at `startMs`: the connection that lost its answer takes a moment to come back. */
  async #holds(key: string, write: string, startMs: number): Promise<boolean> {
    const end = Math.min(Date.now() + LOOKS_FOR_MS, startMs + PATIENCE_MS + LOOKS_AFTER_MS);
    while (Date.now() < end) {
      try {
        const { keyv } = this.#connection;
        return await this.#connection.ask(() => holdsWrite(keyv, key, write), end - Date.now());
      } catch {
        await sleep(FIRST_PAUSE_MS);
      }
    }
    return false;
  }

  /** What goes into one script: all, or in a Cluster each by itself. */
  #batches(claims: readonly Claimed[]): (readonly Claimed[])[] {
    if (this.#connection.isCluster) return claims.map((claim) => [claim]);
    return claims.length === 0 ? [] : [claims];
  }
}

/** The key of an operation and its values, as the script takes them: four each. */
function stepOf(operation: Operation, write: string): { readonly key: string; readonly values: string[] } {
  switch (operation.type) {
    case 'write': {
      const { key, value, version } = operation;
      const newVersion = newVersionOf(operation);
      const text = envelopeText(newVersion, write, value);
      return { key: RECORDS + key, values: ['write', `${version}`, text, `${newVersion}`] };
    }
    case 'remove':
      return { key: RECORDS + operation.key, values: ['remove', `${operation.version}`, '', ''] };
    case 'claim':
      return { key: claimKey(operation), values: ['claim', operation.token, `${operation.lifeMs}`, ''] };
    case 'schedule': {
      const { agenda, id, at, from } = operation;
      return { key: AGENDAS + agenda, values: ['schedule', id, instant(at), instant(from)] };
    }
  }
}

function claimKey({ key }: Pick<Claimed, 'key'>): string {
  return CLAIMS + key;
}

function instant(at: Date | 'none' | undefined): string {
  return at instanceof Date ? `${at.getTime()}` : (at ?? '');
}
