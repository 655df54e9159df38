import { mkdirSync } from 'node:fs';
import type { Keyv, KeyvStoreAdapter } from 'keyv';
import { type Database, open, type RootDatabase } from 'lmdb';
import { withDeadline } from '../../deadline.ts';
import { closeFolder } from '../../private-file.ts';
import { Refusal } from '../../refusal.ts';
import { Overdue, openKeyv, PATIENCE_MS, WRITE_LIFE_MS } from '../envelope.ts';
import { type StoreOptions, StoreUnavailable } from '../store.ts';
import { LmdbAgendas } from './agendas.ts';
import { LmdbClaims } from './claims.ts';

/** All that LMDB makes in a folder. */
const FILES = ['data.mdb', 'lock.mdb'];
/** In bytes; addresses cost nothing. A file that outgrows them is mapped again, and what was mapped before stays. */
const ADDRESSES = 2 ** 36;
/**
 * In bytes, for a new file. Trees of larger pages are flatter: fewer pages are touched, which is what the system counts
 * as this process's memory, and a commit among a million records writes at most one more than among ten thousand.
 */
const PAGE_SIZE = 16_384;

/** The open file, and what is kept in it. */
export interface Databases {
  readonly root: RootDatabase;
  readonly records: Database<string, string>;
  readonly claims: LmdbClaims;
  readonly agendas: LmdbAgendas;
  readonly keyv: Keyv;
}

/** How often one call opens the file anew. Another process opens it once, for its whole life. */
const MOST_REOPENINGS = 10;
const OVERTAKEN = Symbol('overtaken');

/**
 * The file of one folder, which several processes may share.
 *
 * The `lmdb` package (3.5.6) has a fault: a process that opens the file writes into the lock file, without holding
 * any lock, which transaction it believes to be the last. What others have committed since it looked is then
 * overwritten by the next transaction, or the file breaks. So every transaction first looks whether it really follows
 * the last one; where it does not, it does nothing, and the file is opened anew, which sets the number right.
 */
export class LmdbEnvironment {
  readonly #folder: string;
  #databases: Databases;
  #reopening: Promise<void> | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#databases = openDatabases(folder);
  }

  /** The folder is made, and closed to others. Throws a `Refusal`. */
  static async open(folder: string, { onExposed }: StoreOptions): Promise<LmdbEnvironment> {
    let environment: LmdbEnvironment;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const exposed of closeFolder(folder, FILES)) onExposed?.(exposed);
      environment = new LmdbEnvironment(folder);
    } catch (cause) {
      throw new Refusal(
        `STORE_URL : le dossier ${folder} ne peut pas être ouvert ; vérifiez que le bot peut y écrire`,
        { cause },
      );
    }
    // Sets right at once what this very opening may have set back.
    await environment.transact(() => undefined);
    return environment;
  }

  /** As they are open now. */
  async databases(): Promise<Databases> {
    await this.#reopening;
    return this.#databases;
  }

  /** Runs `action` alone, among all processes, and resolves once what it wrote is on the disk. */
  transact<T>(action: (databases: Databases) => T): Promise<T> {
    const deadline = Date.now() + WRITE_LIFE_MS;
    const transaction = guarded(() =>
      this.#transact((databases) => {
        if (Date.now() > deadline)
          throw new StoreUnavailable('Another process held the store for too long', { code: 'ETIMEDOUT' });
        return action(databases);
      }),
    );
    return withDeadline(transaction, PATIENCE_MS, () => {
      throw new Overdue();
    });
  }

  async close(): Promise<void> {
    const { root } = await this.databases();
    await root.close();
  }

  async #transact<T>(action: (databases: Databases) => T): Promise<T> {
    for (let reopenings = 0; reopenings <= MOST_REOPENINGS; reopenings++) {
      const databases = await this.databases();
      const { root } = databases;
      const result = await root.transaction(() => (followsTheLast(root) ? action(databases) : OVERTAKEN));
      if (result !== OVERTAKEN) return result as T;
      await this.#reopen(databases);
    }
    throw new StoreUnavailable('Another process opens the store again and again', { code: 'CONTENDED' });
  }

  async #reopen(overtaken: Databases): Promise<void> {
    if (this.#databases === overtaken) this.#reopening ??= this.#openAnew();
    await this.#reopening;
  }

  async #openAnew(): Promise<void> {
    try {
      await this.#databases.root.close();
      this.#databases = openDatabases(this.#folder);
    } finally {
      this.#reopening = undefined;
    }
  }
}

function openDatabases(folder: string): Databases {
  // Without overlappingSync a transaction resolves after its flush to disk, not before. With eventTurnBatching a
  // commit that fails (the disk is full) also rejects a promise that nobody holds, which ends the process.
  const root = open({
    path: folder,
    noSubdir: false,
    overlappingSync: false,
    eventTurnBatching: false,
    mapSize: ADDRESSES,
    pageSize: PAGE_SIZE,
  });
  const records: Database<string, string> = root.openDB({
    name: 'records',
    encoding: 'string',
    useVersions: true,
  });
  return {
    root,
    records,
    claims: new LmdbClaims(root),
    agendas: new LmdbAgendas(root),
    keyv: keyvOf(records),
  };
}

/** Inside a transaction: whether what was committed last is what it stands on. */
function followsTheLast(root: RootDatabase): boolean {
  const { lastTxnId } = root.getStats() as { readonly lastTxnId: number };
  return root.getWriteTxnId() === lastTxnId + 1;
}

/** Whatever LMDB throws becomes `StoreUnavailable`. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
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

/** The records, as Keyv reads them. */
function keyvOf(records: Database<string, string>): Keyv {
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
  return openKeyv(adapter);
}
