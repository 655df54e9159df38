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

/** What a tick reads for each account: the account, what was told, the last test, the manager's place, the reset. */
const KINDS = ['account', 'reminder', 'check', 'place', 'reset'];
const TEXT = JSON.stringify({ value: { version: 1, write: randomUUID(), data: 'x'.repeat(400) } });
const LEASE = 30_000;

export async function bareStore(url: string, ids: readonly string[]): Promise<BareStore> {
  return url.startsWith('lmdb:') ? bareLmdb(url.slice('lmdb:'.length), ids) : bareRedis(url, ids);
}

async function bareRedis(url: string, ids: readonly string[]): Promise<BareStore> {
  const client = createClient({ url }) as RedisClientType;
  await client.connect();
  const name = (kind: string, id: string) => `bare:${kind}:${id}`;
  await client.mSet(ids.flatMap((id) => KINDS.map((kind) => [name(kind, id), TEXT] as [string, string])));
  await client.zAdd(
    'bare:agenda',
    ids.map((value) => ({ score: 1, value })),
  );
  const move = () =>
    client.zAdd(
      'bare:agenda',
      ids.map((value) => ({ score: 1, value })),
    );
  const around = async (work: () => Promise<void>) => {
    await client.zRangeByScore('bare:agenda', '-inf', 2, { LIMIT: { offset: 0, count: ids.length } });
    await Promise.all(
      ids.map((id) => client.set(name('claim', id), randomUUID(), { NX: true, PX: LEASE } as object)),
    );
    await client.zmScore('bare:agenda', [...ids]);
    await Promise.all(KINDS.map((kind) => client.mGet(ids.map((id) => name(kind, id)))));
    await work();
    await Promise.all(ids.map((id) => client.del(name('claim', id))));
  };
  return {
    reads: () => around(async () => undefined),
    tick: () =>
      around(async () => {
        for (const id of ids) await client.set(name('reminder', id), TEXT);
        await move();
      }),
    close: async () => client.destroy(),
  };
}

async function bareLmdb(path: string, ids: readonly string[]): Promise<BareStore> {
  const root = open({ path, noSubdir: false, overlappingSync: false, eventTurnBatching: false });
  const records = root.openDB<string, string>({ name: 'records', encoding: 'string' });
  const claims = root.openDB<string, string>({ name: 'claims', encoding: 'string' });
  const agenda = root.openDB<boolean, [number, string]>({ name: 'agenda', encoding: 'json' });
  const name = (kind: string, id: string) => `${kind}/${id}`;
  const move = () =>
    root.transaction(() => {
      for (const id of ids) {
        void agenda.remove([1, id]);
        void agenda.put([1, id], true);
      }
    });
  await root.transaction(() => {
    for (const id of ids) for (const kind of KINDS) void records.put(name(kind, id), TEXT);
  });
  await move();
  const around = async (work: () => Promise<void>) => {
    const found = [...agenda.getKeys({ start: [0, ''], limit: ids.length })];
    await root.transaction(() => {
      for (const [, id] of found)
        if (claims.get(id) === undefined) void claims.put(id, JSON.stringify([randomUUID(), LEASE]));
    });
    for (const kind of KINDS) for (const id of ids) records.get(name(kind, id));
    await work();
    await root.transaction(() => {
      for (const id of ids) void claims.remove(id);
    });
  };
  return {
    reads: () => around(async () => undefined),
    tick: () =>
      around(async () => {
        for (const id of ids) await root.transaction(() => void records.put(name('reminder', id), TEXT));
        await move();
      }),
    close: () => root.close(),
  };
}
