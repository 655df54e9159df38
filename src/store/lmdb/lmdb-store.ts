import { randomUUID } from 'node:crypto';
import type { Database } from 'lmdb';
import { chunksOf } from '../../chunks.ts';
import { envelopeText, holdsWrite, readRecord, readRecords } from '../envelope.ts';
import { firstRefused, lastingWrites, newVersionOf } from '../operations.ts';
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
import { type Databases, guarded, LmdbEnvironment } from './environment.ts';

const PAGE = 1_000;
/**
 * How many entries of an agenda one transaction moves. Each touches a page of its own, which lies in memory until the end;
 * and what one transaction has freed, the next but one writes on.
 */
const MOVED_AT_ONCE = 25;

/** Opens the embedded store in `folder`, which several processes on this machine may share. */
export async function openLmdb(folder: string, options: StoreOptions): Promise<Store> {
  return new LmdbStore(await LmdbEnvironment.open(folder, options));
}

class LmdbStore extends StoreBase implements Store {
  readonly #environment: LmdbEnvironment;

  constructor(environment: LmdbEnvironment) {
    super();
    this.#environment = environment;
  }

  async read<T>(key: string): Promise<Versioned<T> | undefined> {
    return this.#read(({ keyv }) => readRecord<T>(keyv, key));
  }

  async readMany<T>(keys: readonly string[]): Promise<(Versioned<T> | RecordRefused | undefined)[]> {
    return this.#read(({ keyv }) => readRecords<T>(keyv, keys));
  }

  async apply(operations: readonly Operation[]): Promise<Applied> {
    if (operations.length === 0) return { isApplied: true };
    const write = randomUUID();
    const steps = operations.map((operation) => stepOf(operation, write));
    try {
      return await this.#environment.transact((databases) => {
        const now = Date.now();
        const refused = firstRefused(operations, {
          isAt: (key, version) => isAt(databases.records, key, version),
          isHeld: (key) => databases.claims.isHeld(key, now),
        });
        if (refused !== undefined) return { isApplied: false, refused };
        for (const step of steps) step(databases, now);
        return { isApplied: true };
      });
    } catch (failure) {
      if (await this.#holds(operations, write)) return { isApplied: true };
      throw failure;
    }
  }

  async *keys(prefix: string): AsyncIterable<string> {
    const end = `${prefix}\uffff`;
    let start = prefix;
    let exclusiveStart = false;
    for (;;) {
      // Page by page: a cursor that stays open holds old pages in the file.
      const { records } = await this.#environment.databases();
      const page = [...records.getKeys({ start, end, exclusiveStart, limit: PAGE })];
      yield* page;
      if (page.length < PAGE) return;
      start = page[PAGE - 1] ?? end;
      exclusiveStart = true;
    }
  }

  async claimMany(keys: readonly string[], lifeMs: number): Promise<(string | undefined)[]> {
    if (keys.length === 0) return [];
    const claims = keys.map((key) => ({ key, token: randomUUID() }));
    const taken = await this.#environment.transact((databases) => {
      const now = Date.now();
      return new Set(databases.claims.take(claims, now, now + lifeMs));
    });
    return claims.map((claim) => (taken.has(claim) ? claim.token : undefined));
  }

  async releaseMany(claims: readonly Claimed[]): Promise<void> {
    if (claims.length === 0) return;
    await this.#environment.transact((databases) => databases.claims.release(claims));
  }

  async scheduleMany(agenda: string, entries: readonly Scheduled[]): Promise<void> {
    for (const some of chunksOf(entries, MOVED_AT_ONCE)) {
      await this.#environment.transact(({ agendas }) => {
        for (const entry of some) agendas.schedule(agenda, entry);
      });
    }
  }

  async scheduled(agenda: string, ids: readonly string[]): Promise<(Date | undefined)[]> {
    return this.#read(async ({ agendas }) => ids.map((id) => agendas.scheduled(agenda, id)));
  }

  async due(agenda: string, now: Date, limit: number): Promise<string[]> {
    return this.#read(async ({ agendas }) => agendas.due(agenda, now, limit));
  }

  async ping(): Promise<void> {
    await this.#read(async ({ root }) => root.getStats());
  }

  async close(): Promise<void> {
    await this.#environment.close();
  }

  #read<T>(work: (databases: Databases) => Promise<T>): Promise<T> {
    return guarded(async () => work(await this.#environment.databases()));
  }

  /** After a failure: whether it was applied all the same. One of its writes tells for all. */
  async #holds(operations: readonly Operation[], write: string): Promise<boolean> {
    const [lasting] = lastingWrites(operations);
    if (lasting === undefined) return false;
    const { records, keyv } = await this.#environment.databases();
    records.resetReadTxn();
    return holdsWrite(keyv, lasting.key, write).catch(() => false);
  }
}

/** What an operation does inside the transaction; its text is made before that, which holds up everybody. */
function stepOf(operation: Operation, write: string): (databases: Databases, nowMs: number) => void {
  switch (operation.type) {
    case 'write': {
      const { key, value } = operation;
      const version = newVersionOf(operation);
      const text = envelopeText(version, write, value);
      return ({ records }) => void records.put(key, text, version);
    }
    case 'remove':
      return ({ records }) => void records.remove(operation.key);
    case 'claim':
      return ({ claims }, nowMs) => void claims.take([operation], nowMs, nowMs + operation.lifeMs);
    case 'schedule':
      return ({ agendas }) => agendas.schedule(operation.agenda, operation);
  }
}

function isAt(records: Database<string, string>, key: string, version: number): boolean {
  return version === 0 ? !records.doesExist(key) : records.doesExist(key, version);
}
