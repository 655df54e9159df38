import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { People } from '../../src/store/people.ts';
import type { Operation, Store } from '../../src/store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'people-'));
let store: Store;
let people: People<{ readonly conversation: string }>;

beforeAll(async () => {
  store = await openStore(`lmdb:${folder}`);
  people = new People(store);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function ana(conversation: string) {
  return { name: 'Ana', language: 'fr' as const, place: { conversation } };
}

test('somebody is remembered once, and again where something about them has changed', async () => {
  expect(await people.remember('slack:t:ana', ana('1'))).toBe(true);
  expect(await people.remember('slack:t:ana', ana('1'))).toBe(false);
  expect(await people.remember('slack:t:ana', ana('2'))).toBe(true);
  expect(await people.findMany(['slack:t:nobody', 'slack:t:ana'])).toEqual([undefined, ana('2')]);
});

test('of several at once, the last one stays and none fails', async () => {
  const conversations = ['1', '2', '3', '4'];
  await Promise.all(conversations.map((conversation) => people.remember('slack:t:bo', ana(conversation))));
  const [found] = await people.findMany(['slack:t:bo']);
  expect(conversations).toContain(found?.place.conversation);
});

test('somebody is lost at the place where they were known only, and may be remembered again', async () => {
  await people.remember('slack:t:cy', ana('1'));
  await people.lose('slack:t:cy', { conversation: '2' });
  expect(await people.findMany(['slack:t:cy'])).toEqual([ana('1')]);
  await people.lose('slack:t:cy', { conversation: '1' });
  await people.lose('slack:t:cy', { conversation: '1' });
  expect(await people.findMany(['slack:t:cy'])).toEqual([undefined]);
  expect(await people.remember('slack:t:cy', ana('1'))).toBe(true);
});

test('somebody who moves while they are being lost stays where they are', async () => {
  await people.remember('slack:t:eve', ana('1'));
  const moving = {
    read: async (key: string) => {
      const found = await store.read(key);
      await people.remember('slack:t:eve', ana('2'));
      return found;
    },
    apply: (operations: readonly Operation[]) => store.apply(operations),
  };
  await new People(moving as Store).lose('slack:t:eve', { conversation: '1' });
  expect(await people.findMany(['slack:t:eve'])).toEqual([ana('2')]);
});

test('somebody who is lost already is not written again', async () => {
  await people.lose('slack:t:fay', { conversation: '1' });
  await people.lose('slack:t:fay', { conversation: '1' });
  expect((await store.read('place/slack:t:fay'))?.version).toBe(1);
});

test('somebody who has never written is written to first where that may be, until they are lost there', async () => {
  const greeting = new People(store, (person) =>
    person === 'slack:t:di' ? { conversation: 'first' } : undefined,
  );
  expect(await greeting.findMany(['slack:t:di', 'slack:t:nobody'])).toEqual([
    { name: '', language: 'fr', place: { conversation: 'first' } },
    undefined,
  ]);
  await greeting.lose('slack:t:di', { conversation: 'first' });
  expect(await greeting.findMany(['slack:t:di'])).toEqual([undefined]);
});
