import { mkdirSync } from 'node:fs';
import type { Keyv, KeyvStoreAdapter } from 'keyv';
import { type Database, open, type RootDatabase } from 'lmdb';
import { withDeadline } from '../../deadline.ts';
import { closeFolder } from '../../private-file.ts';
import { Refusal } from '../../refusal.ts';
import { Overdue, openKeyv, PATIENCE_MS, WRITE_LIFE_MS } from '../envelope.ts';
import { type StoreOptions, StoreUnavailable } from '../store.ts';

/** All that LMDB makes in a folder. */
const FILES = ['data.mdb', 'lock.mdb'];
/** In bytes; addresses cost nothing. A file that outgrows them is mapped again, and what was mapped before stays. */
const ADDRESSES = 2 ** 36;
/**
 * In bytes, for a new file. Trees of larger pages are flatter: fewer pages are touched, which is what the system counts
 * as this process's memory, and a commit among a million records writes at most one more than among ten thousand.
 */
const PAGE_SIZE = 16_384;

/** Opens the file in `folder`, which is made, and closed to others. Throws a `Refusal`. */
export function openFolder(folder: string, { onExposed }: StoreOptions): RootDatabase {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const exposed of closeFolder(folder, FILES)) onExposed?.(exposed);
    // Without overlappingSync a transaction resolves after its flush to disk, not before. With eventTurnBatching a
    // commit that fails (the disk is full) also rejects a promise that nobody holds, which ends the process.
    return open({
      path: folder,
      noSubdir: false,
      overlappingSync: false,
      eventTurnBatching: false,
      mapSize: ADDRESSES,
      pageSize: PAGE_SIZE,
    });
  } catch (cause) {
    throw new Refusal(
      `STORE_URL : le dossier ${folder} ne peut pas être ouvert ; vérifiez que le bot peut y écrire`,
      { cause },
    );
  }
}

/** Runs `action` alone, among all processes, and resolves once what it wrote is on the disk. */
export async function transact<T>(root: RootDatabase, action: () => T): Promise<T> {
  const deadline = Date.now() + WRITE_LIFE_MS;
  const transaction = guarded(() =>
    root.transaction(() => {
      if (Date.now() > deadline) throw new StoreUnavailable('Another process held the store for too long');
      return action();
    }),
  );
  return withDeadline(transaction, PATIENCE_MS, () => {
    throw new Overdue();
  });
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
export function keyvOf(records: Database<string, string>): Keyv {
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
