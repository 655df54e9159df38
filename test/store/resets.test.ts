import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { Resets } from '../../src/store/resets.ts';
import type { Operation, Store } from '../../src/store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'resets-'));
let store: Store;
let resets: Resets<{ readonly step: string }>;

beforeAll(async () => {
  store = await openStore(`lmdb:${folder}`);
  resets = new Resets(store);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

test('of two who start a reset at once, one has it', async () => {
  const starts = await Promise.all(['ana', 'bo'].map((step) => resets.save('a@cpro.fr', { step }, 0)));
  expect(starts.sort()).toEqual([false, true]);
});

test('a reset is saved from the state that was loaded only', async () => {
  await resets.save('b@cpro.fr', { step: 'sign-in' }, 0);
  const loaded = await resets.load('b@cpro.fr');
  expect(loaded).toMatchObject({ value: { step: 'sign-in' }, version: 1 });
  expect(await resets.save('b@cpro.fr', { step: 'submitted' }, 1)).toBe(true);
  expect(await resets.save('b@cpro.fr', { step: 'stale' }, 1)).toBe(false);
  expect(await resets.load('b@cpro.fr')).toMatchObject({ value: { step: 'submitted' }, version: 2 });
});

test('an account is due from its instant on, until it is moved or needs no waking', async () => {
  await resets.wakeAt('c@cpro.fr', new Date(1_000));
  await resets.wakeAt('d@cpro.fr', new Date(500));
  expect(await resets.due(new Date(999), 10)).toEqual(['d@cpro.fr']);
  expect(await resets.due(new Date(1_000), 10)).toEqual(['d@cpro.fr', 'c@cpro.fr']);
  await resets.wakeAt('d@cpro.fr', new Date(2_000));
  await resets.wakeAt('c@cpro.fr', undefined);
  expect(await resets.due(new Date(1_999), 10)).toEqual([]);
  expect(await resets.due(new Date(2_000), 10)).toEqual(['d@cpro.fr']);
});

test('a waking is moved by whoever has seen it, unless somebody moved it meanwhile', async () => {
  const [one, two, three] = [new Date(1_000), new Date(2_000), new Date(3_000)];
  await resets.wakeAt('g@cpro.fr', one);
  expect(await resets.wakesAt('g@cpro.fr')).toEqual(one);
  await resets.wakeAt('g@cpro.fr', two, one);
  expect(await resets.wakesAt('g@cpro.fr')).toEqual(two);
  await resets.wakeAt('g@cpro.fr', three, one);
  expect(await resets.wakesAt('g@cpro.fr')).toEqual(two);
  await resets.wakeAt('g@cpro.fr', undefined);
  expect(await resets.wakesAt('g@cpro.fr')).toBeUndefined();
});

test('the waking is moved with the state, or stays as it is, or ends', async () => {
  const [one, two] = [new Date(1_000), new Date(2_000)];
  expect(await resets.save('h@cpro.fr', { step: 'sign-in' }, 0, { wakeAt: one })).toBe(true);
  expect(await resets.wakesAt('h@cpro.fr')).toEqual(one);
  expect(await resets.save('h@cpro.fr', { step: 'stale' }, 0, { wakeAt: two })).toBe(false);
  expect(await resets.wakesAt('h@cpro.fr')).toEqual(one);
  expect(await resets.save('h@cpro.fr', { step: 'enter' }, 1)).toBe(true);
  expect(await resets.wakesAt('h@cpro.fr')).toEqual(one);
  expect(await resets.save('h@cpro.fr', { step: 'done' }, 2, { wakeAt: undefined })).toBe(true);
  expect(await resets.wakesAt('h@cpro.fr')).toBeUndefined();
  expect(await resets.load('h@cpro.fr')).toEqual({ value: { step: 'done' }, version: 3 });
});

test('a state is saved in one call, its wake-up before it', async () => {
  const calls: string[][] = [];
  const counted = {
    apply: (operations: readonly Operation[]) => {
      calls.push(operations.map(({ type }) => type));
      return store.apply(operations);
    },
  };
  await new Resets(counted as Store).save('i@cpro.fr', { step: 'sign-in' }, 0, { wakeAt: new Date(5_000) });
  expect(calls).toEqual([['schedule', 'write']]);
});

test('a reset that begins while an earlier one is forgotten keeps its waking', async () => {
  await resets.save('j@cpro.fr', { step: 'old' }, 0, { wakeAt: new Date(1_000) });
  const racing = {
    read: (key: string) => store.read(key),
    scheduled: async (agenda: string, ids: string[]) => {
      const seen = await store.scheduled(agenda, ids);
      // Between the look and the removal.
      await store.schedule('resets', 'j@cpro.fr', new Date(5_000));
      return seen;
    },
    apply: (operations: readonly Operation[]) => store.apply(operations),
  };
  await new Resets(racing as unknown as Store).forget('j@cpro.fr');
  expect(await resets.load('j@cpro.fr')).toBeUndefined();
  expect(await resets.wakesAt('j@cpro.fr')).toEqual(new Date(5_000));
});

test('many are found at once, each in its place', async () => {
  await resets.save('e@cpro.fr', { step: 'signIn' }, 0);
  expect(await resets.findMany(['none@cpro.fr', 'e@cpro.fr'])).toEqual([
    undefined,
    { value: { step: 'signIn' }, version: 1 },
  ]);
});

test('what is forgotten is gone with its waking, also where somebody saves it at that moment', async () => {
  await resets.forget('never there');
  await resets.save('f@cpro.fr', { step: 'signIn' }, 0);
  await resets.wakeAt('f@cpro.fr', new Date(1));
  const load = store.read.bind(store);
  let raced = false;
  const late = new Resets<{ readonly step: string }>(
    new Proxy(store, {
      get(_, name: keyof Store) {
        if (name !== 'read') return store[name].bind(store);
        return async (key: string) => {
          const found = await load(key);
          if (!raced) await resets.save('f@cpro.fr', { step: 'requestType' }, 1);
          raced = true;
          return found;
        };
      },
    }),
  );
  await late.forget('f@cpro.fr');
  expect(await resets.load('f@cpro.fr')).toBeUndefined();
  expect(await resets.due(new Date(1), 10)).toEqual([]);
});
