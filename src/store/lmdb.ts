import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Keyv, KeyvStoreAdapter } from 'keyv';
import { type Database, open, type RootDatabase } from 'lmdb';
import {
  envelopeText,
  holdsWrite,
  openKeyv,
  PATIENCE_MS,
  readRecord,
  readRecords,
  WRITE_LIFE_MS,
  within,
} from './envelope.ts';
import { type Claimed, type Scheduled, type Store, StoreUnavailable, type Versioned } from './store.ts';

interface Claim {
  readonly token: string;
  readonly until: number;
}

/** Each claiming clears away this many earlier ones whose time is over, so that they cannot pile up. */
const SWEEP = 2;
const PAGE = 1_000;
/**
 * How many entries of an agenda one transaction moves. Each touches a page of its own, which lies in memory until the end;
 * and what one transaction has freed, the next but one writes on.
 */
const MOVED_AT_ONCE = 25;

/** In bytes; addresses cost nothing. A file that outgrows them is mapped again, and what was mapped before stays. */
const ADDRESSES = 2 ** 36;
/**
 * In bytes, for a new file. Trees of larger pages are flatter: fewer pages are touched, which is what the system counts
 * as this process's memory, and a commit among a million records writes at most one more than among ten thousand.
 */
const PAGE_SIZE = 16_384;

/** Opens the embedded store in `folder`, which several processes on this machine may share. */
export async function openLmdb(folder: string): Promise<Store> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Without overlappingSync a transaction resolves after its flush to disk, not before. With eventTurnBatching a
    // commit that fails (the disk is full) also rejects a promise that nobody holds, which ends the process.
    return new LmdbStore(
      open({
        path: folder,
        noSubdir: false,
        overlappingSync: false,
        eventTurnBatching: false,
        mapSize: ADDRESSES,
        pageSize: PAGE_SIZE,
      }),
    );
  } catch (cause) {
    throw new Error(
      `STORE_URL : le dossier ${folder} ne peut pas être ouvert ; vérifiez que le bot peut y écrire`,
      {
        cause,
      },
    );
  }
}

class LmdbStore implements Store {
  readonly #root: RootDatabase;
  readonly #records: Database<string, string>;
  readonly #claims: Database<Claim, string>;
  /** What was claimed together, by [when its time is over, an id]. */
  readonly #claimings: Database<readonly string[], [number, string]>;
  /** [agenda, instant, id], in this order. */
  readonly #agendas: Database<true, [string, number, string]>;
  /** The instant of [agenda, id]. */
  readonly #instants: Database<number, [string, string]>;
  readonly #keyv: Keyv;

  constructor(root: RootDatabase) {
    this.#root = root;
    this.#records = root.openDB({ name: 'records', encoding: 'string', useVersions: true });
    this.#claims = root.openDB({ name: 'claims', encoding: 'json' });
    this.#claimings = root.openDB({ name: 'claimings', encoding: 'json' });
    this.#agendas = root.openDB({ name: 'agendas', encoding: 'json' });
    this.#instants = root.openDB({ name: 'instants', encoding: 'json' });
    this.#keyv = openKeyv(keyvAdapter(this.#records));
  }

  async read<T>(key: string): Promise<Versioned<T> | undefined> {
    return guarded(() => readRecord<T>(this.#keyv, key));
  }

  async readMany<T>(keys: readonly string[]): Promise<(Versioned<T> | undefined)[]> {
    return guarded(() => readRecords<T>(this.#keyv, keys));
  }

  async write<T>(key: string, value: T, version: number): Promise<boolean> {
    const write = randomUUID();
    const text = envelopeText(version + 1, write, value);
    try {
      return await this.#transact(() => {
        if (!this.#isAt(key, version)) return false;
        void this.#records.put(key, text, version + 1);
        return true;
      });
    } catch (failure) {
      this.#records.resetReadTxn();
      if (await holdsWrite(this.#keyv, key, write).catch(() => false)) return true;
      throw failure;
    }
  }

  async remove(key: string, version: number): Promise<boolean> {
    return this.#transact(() => {
      if (version === 0 || !this.#isAt(key, version)) return false;
      void this.#records.remove(key);
      return true;
    });
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

  async claim(key: string, lifeMs: number): Promise<string | undefined> {
    const [token] = await this.claimMany([key], lifeMs);
    return token;
  }

  async claimMany(keys: readonly string[], lifeMs: number): Promise<(string | undefined)[]> {
    if (keys.length === 0) return [];
    return this.#transact(() => {
      const now = Date.now();
      this.#sweep(now);
      const until = now + lifeMs;
      const claims = keys.map((key): Claim | undefined => {
        const held = this.#claims.get(key);
        if (held !== undefined && held.until > now) return undefined;
        const claim = { token: randomUUID(), until };
        void this.#claims.put(key, claim);
        return claim;
      });
      const taken = keys.filter((_, i) => claims[i] !== undefined);
      if (taken.length > 0) void this.#claimings.put([until, randomUUID()], taken);
      return claims.map((claim) => claim?.token);
    });
  }

  async release(key: string, token: string): Promise<void> {
    await this.releaseMany([{ key, token }]);
  }

  async releaseMany(claims: readonly Claimed[]): Promise<void> {
    if (claims.length === 0) return;
    await this.#transact(() => {
      for (const { key, token } of claims) {
        if (this.#claims.get(key)?.token === token) void this.#claims.remove(key);
      }
    });
  }

  async schedule(agenda: string, id: string, at: Date): Promise<void> {
    await this.scheduleMany(agenda, [{ id, at }]);
  }

  async unschedule(agenda: string, id: string): Promise<void> {
    await this.scheduleMany(agenda, [{ id, at: undefined }]);
  }

  async scheduleMany(agenda: string, entries: readonly Scheduled[]): Promise<void> {
    for (let first = 0; first < entries.length; first += MOVED_AT_ONCE) {
      await this.#transact(() => {
        for (const { id, at, from } of entries.slice(first, first + MOVED_AT_ONCE)) {
          const now = this.#instants.get([agenda, id]) ?? 'none';
          if (from !== undefined && now !== (from === 'none' ? from : from.getTime())) continue;
          if (at === undefined) this.#unschedule(agenda, id);
          else this.#schedule(agenda, id, at.getTime());
        }
      });
    }
  }

  async scheduled(agenda: string, ids: readonly string[]): Promise<(Date | undefined)[]> {
    return guarded(async () => ids.map((id) => instant(this.#instants.get([agenda, id]))));
  }

  async due(agenda: string, now: Date, limit: number): Promise<string[]> {
    return guarded(async () => this.#due(agenda, now.getTime(), limit));
  }

  async ping(): Promise<void> {
    await guarded(async () => this.#root.getStats());
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #sweep(now: number): void {
    for (const { key, value } of [...this.#claimings.getRange({ end: [now + 1, ''], limit: SWEEP })]) {
      for (const claim of value) {
        const held = this.#claims.get(claim);
        if (held !== undefined && held.until <= now) void this.#claims.remove(claim);
      }
      void this.#claimings.remove(key);
    }
  }

  #isAt(key: string, version: number): boolean {
    return version === 0 ? !this.#records.doesExist(key) : this.#records.doesExist(key, version);
  }

  #schedule(agenda: string, id: string, instant: number): void {
    this.#unschedule(agenda, id);
    void this.#agendas.put([agenda, instant, id], true);
    void this.#instants.put([agenda, id], instant);
  }

  #unschedule(agenda: string, id: string): void {
    const instant = this.#instants.get([agenda, id]);
    if (instant === undefined) return;
    void this.#agendas.remove([agenda, instant, id]);
    void this.#instants.remove([agenda, id]);
  }

  #due(agenda: string, now: number, limit: number): string[] {
    const keys = this.#agendas.getKeys({ start: [agenda], end: [agenda, now + 1], limit });
    return [...keys].map(([, , id]) => id);
  }

  /** Runs `action` alone, among all processes, and resolves once what it wrote is on the disk. */
  async #transact<T>(action: () => T): Promise<T> {
    const deadline = Date.now() + WRITE_LIFE_MS;
    return within(
      PATIENCE_MS,
      guarded(() =>
        this.#root.transaction(() => {
          if (Date.now() > deadline)
            throw new StoreUnavailable('Another process held the store for too long');
          return action();
        }),
      ),
    );
  }
}

function instant(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof StoreUnavailable) throw cause;
    throw new StoreUnavailable('LMDB refused', { cause: await reasonOf(cause) });
  }
}

/** A commit that failed tells why in a promise of its own, which ends the process unless it is caught. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError = error } = error as { readonly commitError?: unknown };
  return Promise.resolve(commitError).catch((reason: unknown) => reason);
}

function keyvAdapter(records: Database<string, string>): KeyvStoreAdapter {
  const adapter: KeyvStoreAdapter = {
    opts: {},
    // Keyv parses the text itself; its type wants the parsed value here.
    get: async <Value>(key: string) => records.get(key) as Value | undefined,
    // Without it Keyv reads one by one, and takes what it cannot read for missing.
    getMany: async <Value>(keys: string[]) => keys.map((key) => records.get(key) as Value | undefined),
    set: (key: string, text: string) => records.put(key, text),
    delete: (key: string) => records.remove(key),
    clear: async () => {
      await records.clearAsync();
    },
    on: () => adapter,
  };
  return adapter;
}
