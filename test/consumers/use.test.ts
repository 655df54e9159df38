import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isTaken, type PasswordUse } from '../../src/cards/report-card.ts';
import { Destinations } from '../../src/consumers/destinations.ts';
import { useByPrograms } from '../../src/consumers/use.ts';
import { Secret } from '../../src/secret.ts';
import type { AccountId } from '../../src/store/accounts.ts';
import { World } from './world.ts';

const OTHER = 'TECH_2_AB12CD34EF56GH@cpro.fr';

let world: World;
let account: AccountId;
let destinations: Destinations;
let version: number;

beforeEach(async () => {
  world = await World.open();
  account = await world.addAccount();
  destinations = new Destinations(world.store, world.sealer);
  ({ version } = await world.use(account, 'goZckgkKevikl'));
});
afterEach(() => world.close());

function use(of = version): Promise<PasswordUse> {
  return useByPrograms({ ...world, destinations, now: () => world.now }, account, of);
}

function later(minutes: number): void {
  world.now = new Date(world.now.getTime() + minutes * 60_000);
}

test('a program that may read a password is known from the token on, and has it once it has read it', async () => {
  const other = await world.addAccount(OTHER);
  await world.token({ name: 'elsewhere', accounts: [other] });
  const { text } = await world.token({ accounts: [account] });
  expect(await use()).toEqual({ programs: [{ name: 'odoo' }], destinations: [] });
  expect(isTaken(await use())).toBe(false);

  const took = world.now.toISOString();
  expect((await world.read(text)).status).toBe(200);
  expect(world.used).toEqual([account]);
  expect(await use()).toEqual({
    programs: [{ name: 'odoo', tookAt: took, lastReadAt: took }],
    destinations: [],
  });
  expect(isTaken(await use())).toBe(true);

  // A later read of the same version: it is the first that has the journal's entry, and the last that is shown.
  later(10);
  await world.read(text);
  await world.release.flush();
  expect(world.used).toEqual([account]);
  expect((await use()).programs).toEqual([
    { name: 'odoo', tookAt: took, lastReadAt: world.now.toISOString() },
  ]);
});

test('what was read before a new password is no reading of it', async () => {
  const { text } = await world.token({ accounts: [account] });
  await world.read(text);
  await world.release.flush();
  const before = world.now.toISOString();
  later(60);
  ({ version } = await world.use(account, 'aNewPassword_1'));
  expect((await use()).programs).toEqual([{ name: 'odoo', lastReadAt: before }]);
  expect(isTaken(await use())).toBe(false);
});

test('a token of several accounts says of none when it read another', async () => {
  const other = await world.addAccount(OTHER);
  await world.use(other, 'anOtherPassword');
  const { text } = await world.token({ accounts: [account, other] });
  await world.read(text, OTHER);
  await world.release.flush();
  expect((await use()).programs).toEqual([{ name: 'odoo' }]);
});

test('a token that has ended, or was revoked, is no program that may read; what it has taken it still has', async () => {
  const at = world.now.toISOString();
  const expiresAt = new Date(world.now.getTime() + 60_000).toISOString();
  await world.token({ name: 'over, without the password', accounts: [account], expiresAt });
  await world.read((await world.token({ name: 'over', accounts: [account], expiresAt })).text);
  const { id, text } = await world.token({ name: 'revoked', accounts: [account] });
  const keys = async () => {
    const found: string[] = [];
    for await (const key of world.store.keys('')) if (key.includes(id)) found.push(key);
    return found;
  };
  await world.read(text);
  await world.release.flush();
  expect((await keys()).length).toBeGreaterThan(1);
  await world.tokens.revoke(id);
  later(2);
  expect(await use()).toEqual({
    programs: [],
    destinations: [],
    formerly: [
      { name: 'over', at },
      { name: 'revoked', at },
    ],
  });
  expect(isTaken(await use())).toBe(true);
  expect(await keys()).toEqual([]);

  const newer = await world.use(account, 'aNewPassword_1');
  expect(await use(newer.version)).toEqual({ programs: [], destinations: [] });
});

test('what programs took of an account that is removed is forgotten, and nothing of another account', async () => {
  const other = await world.addAccount(`${account}/2`);
  await world.use(other, 'anOtherPassword');
  const { text } = await world.token({ accounts: [account, other] });
  const { id, text: revoked } = await world.token({ accounts: [account, other] });
  for (const login of [account, encodeURIComponent(other)])
    for (const token of [text, revoked]) expect((await world.read(token, login)).status).toBe(200);
  await world.tokens.revoke(id);
  await world.tokens.forgetAccount(account);
  const taken: string[] = [];
  for await (const key of world.store.keys('')) if (/^(releases|former-takers)\//.test(key)) taken.push(key);
  expect(taken.map((key) => key.replace(/[^/]+$/, '…')).sort()).toEqual([
    `former-takers/${account}/…`,
    `releases/${other}/…`,
  ]);
});

test('each destination is shown where it stands, and only Pastell has the password', async () => {
  const secret = new Secret(`whsec_${Buffer.alloc(32).toString('base64')}`);
  const common = { account, viaProxy: false } as const;
  const webhook = { ...common, kind: 'webhook', url: 'https://odoo.example/hook' } as const;
  const pastell = { ...common, kind: 'pastell', baseUrl: 'https://pastell.example', entity: 1 } as const;
  const told = await destinations.add(webhook, secret, world.now);
  const off = await destinations.add(webhook, secret, world.now);
  const trying = await destinations.add({ ...pastell, connector: 2 }, new Secret('p'), world.now);
  await destinations.add({ ...pastell, connector: 3 }, new Secret('p'), world.now);
  const at = world.now.toISOString();
  const taken = { deliveredVersion: version, deliveredAt: at, version, failures: 0 };
  await destinations.changeState(told.id, () => ({ ...taken, lastResult: 'HTTP 204' }));
  const nothing = { deliveredVersion: 0, version, failures: 1 };
  await destinations.changeState(off.id, () => ({ ...nothing, isDisabled: true, lastResult: 'HTTP 410' }));
  await destinations.changeState(trying.id, () => ({ ...nothing, nextAt: at, lastResult: 'HTTP 503' }));
  expect((await use()).destinations).toEqual([
    { kind: 'webhook', state: 'delivered', at, result: 'HTTP 204' },
    { kind: 'webhook', state: 'disabled', result: 'HTTP 410' },
    { kind: 'pastell', state: 'waiting', at, result: 'HTTP 503' },
    { kind: 'pastell', state: 'waiting' },
  ]);
  expect(isTaken(await use())).toBe(false);

  await destinations.changeState(trying.id, () => ({ ...taken, lastResult: 'Pastell : réussi' }));
  expect(isTaken(await use())).toBe(true);
  // A Pastell that is removed still has it; a webhook never had it.
  await destinations.remove(told.id);
  await destinations.remove(trying.id);
  expect((await use()).formerly).toEqual([{ name: 'Pastell', at }]);
  expect(isTaken(await use())).toBe(true);
  // Of the next version nothing is known yet.
  expect((await use(version + 1)).destinations.map(({ state }) => state)).toEqual(['disabled', 'waiting']);
});
