import { randomUUID } from 'node:crypto';
import { createClient, type RedisClientType } from '@keyv/redis';
import { open } from 'lmdb';

/** The store's round trips that a tick cannot do without, batched, and nothing around them. */
export interface BareStore {
  /** The agenda, the claims, five records for each account, and the claims given back. */
  reads(): Promise<void>;
  /** The same; and for each account one write that is durable before the next, then its new instant. */
  tick(): Promise<void>;
  close(): Promise<void>;
}

export interface Due {
  readonly id: string;
  readonly manager: string;
}

const TEXT = JSON.stringify({ value: { version: 1, write: randomUUID(), data: 'x'.repeat(400) } });
const LEASE = 30_000;

/** What a tick reads: the accounts, what was told, the last tests, the managers' places, the resets. */
function keysOf(due: readonly Due[]): string[][] {
  return [
    due.map(({ id }) => `account/${id}`),
    due.map(({ id }) => `reminder/${id}`),
    due.map(({ id }) => `check/${id}`),
    due.map(({ manager }) => `place/${manager}`),
    due.map(({ id }) => `reset/${id}`),
  ];
}

/** On the very records that ours reads, with claims and an agenda of its own. */
export async function bareStore(url: string, due: readonly Due[]): Promise<BareStore> {
  return url.startsWith('lmdb:') ? bareLmdb(url.slice('lmdb:'.length), due) : bareRedis(url, due);
}

async function bareRedis(url: string, due: readonly Due[]): Promise<BareStore> {
  const client = createClient({ url }) as RedisClientType;
  await client.connect();
  const batches = keysOf(due).map((keys) => keys.map((key) => `chorus:records:${key}`));
  const ids = due.map(({ id }) => id);
  const claimOf = (id: string) => `bare:claim:${id}`;
  const move = () =>
    client.zAdd(
      'bare:agenda',
      ids.map((value) => ({ score: 1, value })),
    );
  await move();
  const around = async (work: () => Promise<void>) => {
    await client.zRangeByScore('bare:agenda', '-inf', 2, { LIMIT: { offset: 0, count: ids.length } });
    await Promise.all(
      ids.map((id) => client.set(claimOf(id), randomUUID(), { NX: true, PX: LEASE } as object)),
    );
    await client.zmScore('bare:agenda', ids);
    await Promise.all(batches.map((keys) => client.mGet(keys)));
    await work();
    await Promise.all(ids.map((id) => client.del(claimOf(id))));
  };
  return {
    reads: () => around(async () => undefined),
    tick: () =>
      around(async () => {
        for (const id of ids) await client.set(`bare:reminder:${id}`, TEXT);
        await move();
      }),
    close: async () => client.destroy(),
  };
}

async function bareLmdb(path: string, due: readonly Due[]): Promise<BareStore> {
  const root = open({ path, noSubdir: false, overlappingSync: false, eventTurnBatching: false });
  const records = root.openDB<string, string>({ name: 'records', encoding: 'string', useVersions: true });
  const own = root.openDB<string, string>({ name: 'bare', encoding: 'string' });
  const agenda = root.openDB<boolean, [number, string]>({ name: 'bare-agenda', encoding: 'json' });
  const batches = keysOf(due);
  const ids = due.map(({ id }) => id);
  const claimOf = (id: string) => `claim/${id}`;
  const move = () =>
    root.transaction(() => {
      for (const id of ids) {
        void agenda.remove([1, id]);
        void agenda.put([1, id], true);
      }
    });
  await move();
  const around = async (work: () => Promise<void>) => {
    const found = [...agenda.getKeys({ start: [0, ''], limit: ids.length })];
    await root.transaction(() => {
      for (const [, id] of found)
        if (own.get(claimOf(id)) === undefined)
          void own.put(claimOf(id), JSON.stringify([randomUUID(), Date.now() + LEASE]));
    });
    for (const keys of batches) for (const key of keys) records.get(key);
    await work();
    await root.transaction(() => {
      for (const id of ids) void own.remove(claimOf(id));
    });
  };
  return {
    reads: () => around(async () => undefined),
    tick: () =>
      around(async () => {
        for (const id of ids) await root.transaction(() => void own.put(`reminder/${id}`, TEXT));
        await move();
      }),
    close: () => root.close(),
  };
}
