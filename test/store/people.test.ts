import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { People } from '../../src/store/people.ts';
import type { Operation, Store } from '../../src/store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'people-'));
let store: Store;
let people: People<{ readonly room: string }>;

beforeAll(async () => {
  store = await openStore(`lmdb:${folder}`);
  people = new People(store);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function met(room: string) {
  return { name: 'Ana', language: 'fr' as const, place: { room } };
}

test('somebody is met once, and again where something about them has changed', async () => {
  expect(await people.meet('slack:t:ana', met('1'))).toBe(true);
  expect(await people.meet('slack:t:ana', met('1'))).toBe(false);
  expect(await people.meet('slack:t:ana', met('2'))).toBe(true);
  expect(await people.findMany(['slack:t:nobody', 'slack:t:ana'])).toEqual([undefined, met('2')]);
});

test('of meetings at once, the last one stays and none fails', async () => {
  const dependencies = ['1', '2', '3', '4'];
  await Promise.all(dependencies.map((room) => people.meet('slack:t:bo', met(room))));
  const [found] = await people.findMany(['slack:t:bo']);
  expect(dependencies).toContain(found?.place.room);
});

test('somebody is lost at the place where they were known only, and may be met again', async () => {
  await people.meet('slack:t:cy', met('1'));
  await people.lose('slack:t:cy', { room: '2' });
  expect(await people.findMany(['slack:t:cy'])).toEqual([met('1')]);
  await people.lose('slack:t:cy', { room: '1' });
  await people.lose('slack:t:cy', { room: '1' });
  expect(await people.findMany(['slack:t:cy'])).toEqual([undefined]);
  expect(await people.meet('slack:t:cy', met('1'))).toBe(true);
});

test('somebody who moves while they are being lost stays where they are', async () => {
  await people.meet('slack:t:eve', met('1'));
  const moving = {
    read: async (key: string) => {
      const found = await store.read(key);
      await people.meet('slack:t:eve', met('2'));
      return found;
    },
    apply: (operations: readonly Operation[]) => store.apply(operations),
  };
  await new People(moving as Store).lose('slack:t:eve', { room: '1' });
  expect(await people.findMany(['slack:t:eve'])).toEqual([met('2')]);
});

test('somebody who is lost already is not written again', async () => {
  await people.lose('slack:t:fay', { room: '1' });
  await people.lose('slack:t:fay', { room: '1' });
  expect((await store.read('place/slack:t:fay'))?.version).toBe(1);
});

test('somebody who was never met is written to first where that may be, until they are lost there', async () => {
  const greeting = new People(store, (person) => (person === 'slack:t:di' ? { room: 'first' } : undefined));
  expect(await greeting.findMany(['slack:t:di', 'slack:t:nobody'])).toEqual([
    { name: '', language: 'fr', place: { room: 'first' } },
    undefined,
  ]);
  await greeting.lose('slack:t:di', { room: 'first' });
  expect(await greeting.findMany(['slack:t:di'])).toEqual([undefined]);
});
