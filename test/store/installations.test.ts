import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Secret } from '../../src/secret.ts';
import { Installations } from '../../src/store/installations.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'installations-'));
const oldKey = { kid: 'old', bytes: randomBytes(32) };
const newKey = { kid: 'new', bytes: randomBytes(32) };

let store: Store;
let installations: Installations;
let team: string;
let organisation: string;
let count = 0;

beforeAll(async () => {
  store = await openStore(`lmdb:${folder}`);
  installations = new Installations(store, new Sealer([oldKey]));
});
beforeEach(() => {
  count += 1;
  team = `T${count}`;
  organisation = `E${count}`;
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const tokenOf = async (id: string, of = installations) => (await of.find(id))?.secret.reveal();

test('the last token that a workspace gave is the one that is kept, and others have none', async () => {
  await installations.keep(team, new Secret('first'));
  await installations.keep(team, new Secret('second'));
  expect(await tokenOf(team)).toBe('second');
  expect(await tokenOf('T0NOBODY')).toBeUndefined();
});

test('a renewal does not replace what is newer than what it renewed', async () => {
  await installations.keep(team, new Secret('first'));
  const { version } = (await installations.find(team)) ?? {};
  await installations.keep(team, new Secret('installed anew'));
  expect(await installations.keep(team, new Secret('first, renewed'), version)).toBe(false);
  expect(await tokenOf(team)).toBe('installed anew');
});

test('what is dropped is gone, and what was installed anew since is not dropped', async () => {
  await installations.keep(team, new Secret('first'));
  const first = await installations.find(team);
  if (first === undefined) throw new Error('nothing is installed');
  expect(await installations.drop(first)).toBe(true);
  expect(await tokenOf(team)).toBeUndefined();
  await installations.keep(team, new Secret('second'));
  expect(await installations.drop(first)).toBe(false);
  expect(await tokenOf(team)).toBe('second');
  // A version is given once: a seal of before the drop opens for nothing that came after it.
  expect((await installations.find(team))?.version).toBe(3);
});

test('a workspace of an organisation has the organisation’s token, as long as there is one, unless it has its own', async () => {
  await installations.keep(organisation, new Secret('of all'));
  await installations.assign(team, organisation);
  expect(await installations.find(team)).toMatchObject({ by: organisation });
  expect(await tokenOf(team)).toBe('of all');
  const found = await installations.find(team);
  if (found !== undefined) await installations.drop(found);
  expect(await tokenOf(team)).toBeUndefined();
  await installations.keep(team, new Secret('its own'));
  expect((await installations.find(team))?.version).toBe(2);
  await installations.assign(team, organisation);
  expect(await tokenOf(team)).toBe('its own');
});

test('a workspace that names itself as its organisation, or one that names it back, has nothing', async () => {
  await installations.assign(team, team);
  expect(await installations.find(team)).toBeUndefined();
  await installations.assign(team, organisation);
  await installations.assign(organisation, team);
  expect(await installations.find(team)).toBeUndefined();
  expect(await installations.find(organisation)).toBeUndefined();
});

test('an organisation’s token serves its own workspaces, and no workspace of a workspace', async () => {
  await installations.keep('E0TOP', new Secret('of the top'));
  await installations.assign(organisation, 'E0TOP');
  await installations.assign(team, organisation);
  expect(await tokenOf(organisation)).toBe('of the top');
  expect(await tokenOf(team)).toBeUndefined();
});

test('of two who install at once, both are kept in turn, and no seal is bound to a version of somebody else', async () => {
  await Promise.all(['one', 'two', 'three'].map((token) => installations.keep(team, new Secret(token))));
  const found = await installations.find(team);
  expect(found?.version).toBe(3);
  expect(['one', 'two', 'three']).toContain(found?.secret.reveal());
});

test('a seal that was made for another purpose does not open', async () => {
  await installations.keep(team, new Secret('first'));
  const binding = { account: team, version: 1, purpose: 'credential' as const };
  const sealed = await new Sealer([oldKey]).seal(new Secret('a password'), binding);
  await store.write(`slack-installation/${team}`, { version: 1, sealed }, 1);
  await expect(installations.find(team)).rejects.toThrow('The sealed installation of');
});

test('a seal opens for its own workspace only', async () => {
  await installations.keep(team, new Secret('first'));
  const found = await store.read<object>(`slack-installation/${team}`);
  await store.write(`slack-installation/${organisation}`, found?.value, 0);
  await expect(installations.find(organisation)).rejects.toThrow('belongs to another record');
});

test('everything is sealed anew with a new key, once', async () => {
  await installations.keep(team, new Secret('first'));
  const both = new Installations(store, new Sealer([newKey, oldKey]));
  expect([await both.reseal(team), await both.reseal(team), await both.reseal('T0NOBODY')]).toEqual([
    1, 0, 0,
  ]);
  expect(await tokenOf(team, new Installations(store, new Sealer([newKey])))).toBe('first');
  const ids: string[] = [];
  for await (const id of both.ids()) ids.push(id);
  expect(ids).toContain(team);
});
