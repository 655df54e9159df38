import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { Resets } from '../../src/store/resets.ts';
import type { Store } from '../../src/store/store.ts';

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
