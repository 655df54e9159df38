import { randomUUID } from 'node:crypto';
import type { Keyv } from 'keyv';
import type { Database, RootDatabase } from 'lmdb';
import { envelopeText, holdsWrite, readRecord, readRecords } from '../envelope.ts';
import { firstRefused, lastingWrites } from '../operations.ts';
import {
  type Applied,
  type Claimed,
  type Operation,
  type Scheduled,
  type Store,
  StoreBase,
  type StoreOptions,
  type Versioned,
} from '../store.ts';
import { LmdbAgendas } from './agendas.ts';
import { LmdbClaims } from './claims.ts';
import { guarded, keyvOf, openFolder, transact } from './environment.ts';

const PAGE = 1_000;
/**
 * How many entries of an agenda one transaction moves. Each touches a page of its own, which lies in memory until the end;
 * and what one transaction has freed, the next but one writes on.
 */
const MOVED_AT_ONCE = 25;

/** Opens the embedded store in `folder`, which several processes on this machine may share. */
export async function openLmdb(folder: string, options: StoreOptions): Promise<Store> {
  return new LmdbStore(openFolder(folder, options));
}

class LmdbStore extends StoreBase {
  readonly #root: RootDatabase;
  readonly #records: Database<string, string>;
  readonly #claims: LmdbClaims;
  readonly #agendas: LmdbAgendas;
  readonly #keyv: Keyv;

  constructor(root: RootDatabase) {
    super();
    this.#root = root;
    this.#records = root.openDB({ name: 'records', encoding: 'string', useVersions: true });
    this.#claims = new LmdbClaims(root);
    this.#agendas = new LmdbAgendas(root);
    this.#keyv = keyvOf(this.#records);
  }

  async read<T>(key: string): Promise<Versioned<T> | undefined> {
    return guarded(() => readRecord<T>(this.#keyv, key));
  }

  async readMany<T>(keys: readonly string[]): Promise<(Versioned<T> | undefined)[]> {
    return guarded(() => readRecords<T>(this.#keyv, keys));
  }

  async apply(operations: readonly Operation[]): Promise<Applied> {
    if (operations.length === 0) return { isApplied: true };
    const write = randomUUID();
    const steps = operations.map((operation) => this.#stepOf(operation, write));
    try {
      return await transact(this.#root, () => {
        const now = Date.now();
        const refused = firstRefused(operations, {
          isAt: (key, version) => this.#isAt(key, version),
          isHeld: (key) => this.#claims.isHeld(key, now),
        });
        if (refused !== undefined) return { isApplied: false, refused };
        for (const step of steps) step(now);
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
      const page = [...this.#records.getKeys({ start, end, exclusiveStart, limit: PAGE })];
      yield* page;
      if (page.length < PAGE) return;
      start = page[PAGE - 1] ?? end;
      exclusiveStart = true;
    }
  }

  async claimMany(keys: readonly string[], lifeMs: number): Promise<(string | undefined)[]> {
    if (keys.length === 0) return [];
    const claims = keys.map((key) => ({ key, token: randomUUID() }));
    const taken = await transact(this.#root, () => {
      const now = Date.now();
      return new Set(this.#claims.take(claims, now, now + lifeMs));
    });
    return claims.map((claim) => (taken.has(claim) ? claim.token : undefined));
  }

  async releaseMany(claims: readonly Claimed[]): Promise<void> {
    if (claims.length === 0) return;
    await transact(this.#root, () => this.#claims.release(claims));
  }

  async scheduleMany(agenda: string, entries: readonly Scheduled[]): Promise<void> {
    for (let first = 0; first < entries.length; first += MOVED_AT_ONCE) {
      await transact(this.#root, () => {
        for (const entry of entries.slice(first, first + MOVED_AT_ONCE))
          this.#agendas.schedule(agenda, entry);
      });
    }
  }

  async scheduled(agenda: string, ids: readonly string[]): Promise<(Date | undefined)[]> {
    return guarded(async () => ids.map((id) => this.#agendas.scheduled(agenda, id)));
  }

  async due(agenda: string, now: Date, limit: number): Promise<string[]> {
    return guarded(async () => this.#agendas.due(agenda, now, limit));
  }

  async ping(): Promise<void> {
    await guarded(async () => this.#root.getStats());
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  /** What an operation does inside the transaction; its text is made before that, which holds up everybody. */
  #stepOf(operation: Operation, write: string): (nowMs: number) => void {
    switch (operation.type) {
      case 'write': {
        const { key, value, version } = operation;
        const text = envelopeText(version + 1, write, value);
        return () => void this.#records.put(key, text, version + 1);
      }
      case 'remove':
        return () => void this.#records.remove(operation.key);
      case 'claim':
        return (nowMs) => void this.#claims.take([operation], nowMs, nowMs + operation.lifeMs);
      case 'schedule':
        return () => this.#agendas.schedule(operation.agenda, operation);
    }
  }

  #isAt(key: string, version: number): boolean {
    return version === 0 ? !this.#records.doesExist(key) : this.#records.doesExist(key, version);
  }

  /** After a failure: whether it was applied all the same. One of its writes tells for all. */
  async #holds(operations: readonly Operation[], write: string): Promise<boolean> {
    const [lasting] = lastingWrites(operations);
    if (lasting === undefined) return false;
    this.#records.resetReadTxn();
    return holdsWrite(this.#keyv, lasting.key, write).catch(() => false);
  }
}
