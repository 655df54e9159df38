import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@keyv/redis';
import { open } from 'lmdb';

/** The texts of records as a driver keeps them, for whoever has the store alone: no lock, no version, no signature. */
export interface RawRecords {
  read(key: string): Promise<string | undefined>;
  /** LMDB keeps the version beside the text too. */
  write(key: string, text: string, version: number): Promise<void>;
  remove(key: string): Promise<void>;
  close(): Promise<void>;
}

/** `url`: as `openStore` takes it; LMDB, or one Redis. */
export async function openRawRecords(url: string): Promise<RawRecords> {
  return url.startsWith('lmdb:') ? rawLmdb(url.slice('lmdb:'.length)) : rawRedis(url);
}

function rawLmdb(path: string): RawRecords {
  const root = open({ path, noSubdir: false, overlappingSync: false, eventTurnBatching: false });
  const records = root.openDB<string, string>({ name: 'records', encoding: 'string', useVersions: true });
  // Whoever reads in this process goes on for one turn with what was there: a timer of theirs that comes before this one ends that.
  const seen = () => sleep(0);
  return {
    read: async (key) => {
      records.resetReadTxn();
      return records.get(key);
    },
    write: async (key, text, version) => {
      await records.put(key, text, version);
      await seen();
    },
    remove: async (key) => {
      await records.remove(key);
      await seen();
    },
    close: () => root.close(),
  };
}

async function rawRedis(url: string): Promise<RawRecords> {
  const client = createClient({ url });
  await client.connect();
  const keyOf = (key: string) => `chorus:records:${key}`;
  return {
    read: async (key) => (await client.get(keyOf(key))) ?? undefined,
    write: async (key, text) => {
      await client.set(keyOf(key), text);
    },
    remove: async (key) => {
      await client.del(keyOf(key));
    },
    close: () => client.close(),
  };
}
