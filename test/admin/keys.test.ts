import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/secret.ts';
import { accountId } from '../../src/store/accounts.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import { Admin, drivers, PASSWORD } from './shell.ts';

/** Every key of the file, the newest first. */
function kids({ env }: Admin): string[] {
  const { keys } = JSON.parse(readFileSync(env.STORE_KEYS_FILE ?? '', 'utf8'));
  return keys.map(({ kid }: { kid: string }) => kid);
}

test('the first key needs no store, and its file is for its owner only', async () => {
  const admin = new Admin('LMDB');
  admin.env.STORE_URL = 'redis://127.0.0.1:1';
  const { code, out } = await admin.types('keys', 'generate');
  expect(code).toBe(0);
  expect(out).toContain(kids(admin)[0]);
  expect(statSync(admin.env.STORE_KEYS_FILE ?? '').mode & 0o777).toBe(0o600);
});

describe.each(Object.keys(drivers))('keys, on %s', (driver) => {
  let admin: Admin;
  beforeEach(async () => {
    admin = new Admin(driver);
    await admin.types('keys', 'generate');
  });

  test('a further key comes first, keeps the older ones, and is in the journal', async () => {
    const [old] = kids(admin);
    const { out } = await admin.types('keys', 'generate');
    expect(kids(admin)).toEqual([expect.any(String), old]);
    expect(out).toMatch(/keys rotate/);
    const [entry] = await admin.asks('journal', 'show');
    expect(entry).toMatchObject({ what: `keyAdded ${kids(admin)[0]}` });
  });

  test('rotate seals everything with the newest key, and may be repeated', async () => {
    await admin.keeps('first', 'current', 'a');
    await admin.keeps('second', 'current', 'a');
    await admin.keeps('third', 'pending', 'b');
    await admin.looks(({ installations }) => installations.keep('T0ONE', new Secret('xoxb-one')));
    await admin.types('keys', 'generate');
    expect(await admin.asks('keys', 'rotate')).toEqual({
      kid: kids(admin)[0],
      accounts: 2,
      resealed: 4,
      broken: [],
    });
    expect(await admin.asks('keys', 'rotate')).toMatchObject({ resealed: 0 });

    onlyNewestKey(admin);
    expect(await admin.asks('journal', 'verify')).toMatchObject({ whole: true });
    await admin.looks(async ({ credentials, installations }) => {
      expect((await installations.find('T0ONE'))?.secret.reveal()).toBe('xoxb-one');
      expect((await credentials.previous('a'))?.secret.reveal()).toBe('first');
      expect((await credentials.pending('b'))?.secret.reveal()).toBe('third');
    });
  });

  test('rotate fails no read of a bot that started before the new key', async () => {
    const { STORE_URL: url = '', STORE_KEYS_FILE: file = '' } = admin.env;
    const accounts = Array.from({ length: 40 }, (_, index) => accountId(`account-${index}`));
    for (const account of accounts) await admin.keeps(PASSWORD, 'current', account);
    const store = await openStore(url);
    const bot = new Credentials(store, new Sealer(await readSealingKeys(file), () => readSealingKeys(file)));
    await admin.types('keys', 'generate');

    let rotating = true;
    const rotated = admin.asks('keys', 'rotate').finally(() => {
      rotating = false;
    });
    let reads = 0;
    while (rotating) {
      const found = await bot.current(accounts[reads % accounts.length] ?? '');
      expect(found?.secret.reveal()).toBe(PASSWORD);
      reads += 1;
    }
    for (const account of accounts) expect((await bot.current(account))?.secret.reveal()).toBe(PASSWORD);
    expect(await rotated).toMatchObject({ resealed: 40 });
    expect(reads).toBeGreaterThan(0);
    await store.close();
  });

  test('rotate names what cannot be opened, and seals the rest', async () => {
    await admin.keeps(PASSWORD, 'current', 'lost');
    await admin.looks(({ installations }) => installations.keep('T0LOST', new Secret('xoxb-lost')));
    rmSync(admin.env.STORE_KEYS_FILE ?? '');
    await admin.types('keys', 'generate');
    await admin.keeps(PASSWORD, 'current', 'good');
    await admin.types('keys', 'generate');
    const { code, out, err } = await admin.types('keys', 'rotate', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ resealed: 1, broken: ['Slack T0LOST', 'lost'] });
    expect(err).toMatch(/^mots de passe illisibles [^\n]+ : Slack T0LOST, lost ; [^\n]+$/);
  });
});

function onlyNewestKey({ env }: Admin): void {
  const file = env.STORE_KEYS_FILE ?? '';
  const { keys } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ keys: keys.slice(0, 1) }));
}
