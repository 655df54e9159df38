import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { ANY_VERSION, type Operation, type Store, StoreUnavailable } from '../../src/store/store.ts';
import { DRIVERS, startDriver } from './drivers.ts';
import type { RedisServer } from './redis-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'apply-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LONG_MS = 60_000;
const APPLIED = { isApplied: true };

describe.each(DRIVERS)('several operations at once on %s', (driver) => {
  const isCluster = driver === 'Redis Cluster';
  let url: string;
  let servers: readonly RedisServer[];
  let store: Store;
  let other: Store;
  /** What every key of one test begins with. */
  let at: string;

  const write = (key: string, value: unknown, version: number): Operation => ({
    type: 'write',
    key: `${at}/${key}`,
    value,
    version,
  });
  const remove = (key: string, version: number): Operation => ({
    type: 'remove',
    key: `${at}/${key}`,
    version,
  });
  const claim = (key: string, token = 'a token', lifeMs = LONG_MS): Operation => ({
    type: 'claim',
    key: `${at}/${key}`,
    token,
    lifeMs,
  });
  const schedule = (id: string, instant: number | undefined, from?: number | 'none'): Operation => ({
    type: 'schedule',
    agenda: at,
    id,
    at: instant === undefined ? undefined : new Date(instant),
    ...(from === undefined ? {} : { from: from === 'none' ? from : new Date(from) }),
  });
  const read = (key: string) => store.read(`${at}/${key}`);
  const scheduled = async (...ids: string[]) =>
    (await store.scheduled(at, ids)).map((instant) => instant?.getTime());

  beforeAll(async () => {
    ({ url, servers } = await startDriver(driver, folder));
    store = await openStore(url);
    other = await openStore(url);
  }, 20_000);
  afterAll(async () => {
    await store.close();
    await other.close();
    await Promise.all(servers.map((server) => server.stop()));
  });
  beforeEach(() => {
    at = randomUUID();
  });

  test('all have their effect', async () => {
    await store.write(`${at}/changed`, 'before', 0);
    await store.write(`${at}/doomed`, 'before', 0);
    await store.schedule(at, 'moved', new Date(1_000));
    await store.schedule(at, 'gone', new Date(1_000));
    const applied = await store.apply([
      schedule('moved', 2_000),
      schedule('gone', undefined),
      schedule('new', 3_000),
      write('changed', { after: 'é🔑"\\' }, 1),
      write('new', [1, null], 0),
      remove('doomed', 1),
      claim('claim', 'mine'),
    ]);
    expect(applied).toEqual(APPLIED);
    expect(await read('changed')).toEqual({ value: { after: 'é🔑"\\' }, version: 2 });
    expect(await read('new')).toEqual({ value: [1, null], version: 1 });
    expect(await read('doomed')).toBeUndefined();
    expect(await scheduled('moved', 'gone', 'new')).toEqual([2_000, undefined, 3_000]);
    expect(await other.claim(`${at}/claim`, LONG_MS)).toBeUndefined();
    await other.release(`${at}/claim`, 'mine');
    expect(await other.claim(`${at}/claim`, LONG_MS)).toEqual(expect.any(String));
  });

  test('a write or a removal at any version has its effect whatever is there, and a write says where it leaves it', async () => {
    await store.write(`${at}/there`, 'before', 0);
    await store.write(`${at}/doomed`, 'before', 0);
    const any = (key: string, newVersion: number) => ({ ...write(key, 'any', ANY_VERSION), newVersion });
    expect(await store.apply([any('there', 9), any('new', 7), remove('doomed', ANY_VERSION)])).toEqual(
      APPLIED,
    );
    expect(await read('there')).toEqual({ value: 'any', version: 9 });
    expect(await read('new')).toEqual({ value: 'any', version: 7 });
    expect(await read('doomed')).toBeUndefined();
    // What comes after it in the batch sees it.
    expect(await store.apply([any('there', 20), write('there', 'next', 20)])).toEqual(APPLIED);
    expect(await read('there')).toEqual({ value: 'next', version: 21 });
    expect(await store.write(`${at}/there`, 'late', 20)).toBe(false);
    expect(await store.remove(`${at}/doomed`, ANY_VERSION)).toBe(false);
    expect(await store.apply([{ ...write('there', 'jump', 21), newVersion: 50 } as Operation])).toEqual(
      APPLIED,
    );
    expect(await store.remove(`${at}/there`, ANY_VERSION)).toBe(true);
  });

  test('none at all is no call in vain', async () => {
    expect(await store.apply([])).toEqual(APPLIED);
  });

  test.each<[string, () => Operation]>([
    ['a write at a version that has passed', () => write('here', 'late', 1)],
    ['a write at a version to come', () => write('here', 'early', 3)],
    ['a write of what exists already as new', () => write('here', 'new', 0)],
    ['a write of what does not exist at a version', () => write('missing', 'x', 1)],
    ['a removal at a version that has passed', () => remove('here', 1)],
    ['a removal of nothing at no version', () => remove('missing', 0)],
    ['a removal of what exists at no version', () => remove('here', 0)],
    ['a claim that somebody holds', () => claim('held')],
  ])('%s is refused, and said which it was', async (_, refused) => {
    await store.write(`${at}/here`, 1, 0);
    await store.write(`${at}/here`, 2, 1);
    await other.claim(`${at}/held`, LONG_MS);
    const applied = await store.apply([
      schedule('before', 1_000),
      write('before', 'x', 0),
      claim('before'),
      refused(),
      schedule('after', 1_000),
      write('after', 'x', 0),
      claim('after'),
    ]);
    expect(applied).toEqual({ isApplied: false, refused: 3 });
    // In a Cluster, those before it have had their effect.
    expect(await read('before')).toEqual(isCluster ? { value: 'x', version: 1 } : undefined);
    expect(await scheduled('before', 'after')).toEqual([isCluster ? 1_000 : undefined, undefined]);
    expect((await other.claim(`${at}/before`, LONG_MS)) === undefined).toBe(isCluster);
    expect(await read('after')).toBeUndefined();
    expect(await other.claim(`${at}/after`, LONG_MS)).toEqual(expect.any(String));
    expect(await read('here')).toEqual({ value: 2, version: 2 });
  });

  test('each sees what those before it have done', async () => {
    const applied = await store.apply([
      write('twice', 'first', 0),
      write('twice', 'second', 1),
      write('short', 'lived', 0),
      remove('short', 1),
      schedule('id', 1_000),
      schedule('id', 2_000, 1_000),
      schedule('id', 3_000, 1_000),
    ]);
    expect(applied).toEqual(APPLIED);
    expect(await read('twice')).toEqual({ value: 'second', version: 2 });
    expect(await read('short')).toBeUndefined();
    expect(await scheduled('id')).toEqual([2_000]);
    expect(await store.apply([remove('twice', 2), write('twice', 'anew', 0)])).toEqual(APPLIED);
    expect(await read('twice')).toEqual({ value: 'anew', version: 1 });
    expect(await store.apply([write('twice', 'x', 1), write('twice', 'y', 1)])).toEqual({
      isApplied: false,
      refused: 1,
    });
    expect(await store.apply([remove('twice', isCluster ? 2 : 1), write('twice', 'z', 2)])).toEqual({
      isApplied: false,
      refused: 1,
    });
    expect(await store.apply([claim('one', 'a'), claim('one', 'b')])).toEqual({
      isApplied: false,
      refused: 1,
    });
  });

  test('a claim that has expired is taken', async () => {
    expect(await store.apply([claim('short', 'old', 1)])).toEqual(APPLIED);
    let applied = await other.apply([claim('short', 'new')]);
    while (!applied.isApplied) applied = await other.apply([claim('short', 'new')]);
    await store.release(`${at}/short`, 'old');
    expect(await store.claim(`${at}/short`, LONG_MS)).toBeUndefined();
  });

  test('an entry that has been moved meanwhile is left alone, and refuses nothing', async () => {
    await store.schedule(at, 'moved', new Date(500));
    const applied = await store.apply([
      schedule('moved', 9_000, 1_000),
      schedule('moved', undefined, 'none'),
      schedule('absent', 9_000, 1_000),
      schedule('new', 9_000, 'none'),
      write('record', 'x', 0),
    ]);
    expect(applied).toEqual(APPLIED);
    expect(await scheduled('moved', 'absent', 'new')).toEqual([500, undefined, 9_000]);
    expect(await read('record')).toEqual({ value: 'x', version: 1 });
  });

  test('of two that meet, one has all and the other nothing', async () => {
    const accounts = ['a', 'b'];
    await Promise.all(accounts.map((key) => store.write(`${at}/${key}`, 100, 0)));
    const move = async (from: Store, amount: number): Promise<boolean> => {
      const [a, b] = await from.readMany<number>(accounts.map((key) => `${at}/${key}`));
      if (a === undefined || a instanceof Error || b === undefined || b instanceof Error)
        throw new Error('an account is missing');
      return (
        await from.apply([write('a', a.value - amount, a.version), write('b', b.value + amount, b.version)])
      ).isApplied;
    };
    let moved = 0;
    for (let round = 0; round < 10; round++) {
      const moves = await Promise.all([store, other, store, other].map((each) => move(each, 1)));
      moved += moves.filter(Boolean).length;
    }
    expect(moved).toBeGreaterThan(0);
    const [a, b] = await Promise.all(accounts.map(read));
    // A Cluster gives no more than the order: what left may not have arrived.
    if (isCluster) expect(a?.version).toBeGreaterThanOrEqual(b?.version ?? 0);
    else
      expect([a, b]).toEqual([
        { value: 100 - moved, version: 1 + moved },
        { value: 100 + moved, version: 1 + moved },
      ]);
  });

  test('many are applied in one call', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `${i}`);
    const applied = await store.apply(names.flatMap((name) => [schedule(name, 1_000), write(name, name, 0)]));
    expect(applied).toEqual(APPLIED);
    const found = await other.readMany(names.map((name) => `${at}/${name}`));
    expect(found).toEqual(names.map((value) => ({ value, version: 1 })));
    expect(await other.due(at, new Date(1_000), 1_000)).toHaveLength(100);
  });

  test('a store that is closed applies nothing', async () => {
    const closed = await openStore(url);
    await closed.close();
    await expect(closed.apply([write('closed', 1, 0)])).rejects.toThrow(StoreUnavailable);
    expect(await read('closed')).toBeUndefined();
  });
});
