import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/secret.ts';
import { accountId } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { openStore } from '../../src/store/open.ts';
import { openSealer } from '../../src/store/seal.ts';
import { Admin, drivers, PASSWORD, tamper } from './shell.ts';

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
      // The journal's head and entry; what was sealed anew was signed by that.
      authenticated: 2,
      refused: [],
    });
    expect(await admin.asks('keys', 'rotate')).toMatchObject({ resealed: 0, authenticated: 0 });

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
    for (const account of accounts) await admin.keeps(PASSWORD, 'current', accountId(account));
    const store = await openStore(url);
    const sealer = await openSealer(file);
    const bot = new Credentials(new AuthenticatedStore(store, sealer), sealer);
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

  test('rotate names what no key at hand has signed, and what cannot be opened, and renews the rest', async () => {
    await admin.keeps(PASSWORD, 'current', 'lost');
    await admin.looks(({ installations }) => installations.keep('T0LOST', new Secret('xoxb-lost')));
    await admin.types('keys', 'generate');
    rmSync(admin.env.STORE_KEYS_FILE ?? '');
    const { out } = await admin.types('keys', 'generate');
    expect(out).toMatch(/contient déjà quelque chose[^\n]+keys rotate/);
    await admin.keeps(PASSWORD, 'current', 'good');
    const lost = [
      'credential/lost',
      'journal/entry/000000000001',
      'journal/head',
      'slack-installation/T0LOST',
    ];
    const before = await admin.types('keys', 'rotate');
    expect(before).toMatchObject({ code: 1, out: '' });
    const { out: told } = await admin.types('doctor');
    for (const key of lost)
      expect(told).toMatch(new RegExp(`✗ enregistrements : [^\\n]*${key}[^\\n]+\\(signés par une clé`));

    const { code, out: said, err } = await admin.types('keys', 'rotate', '--accept-all', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(said)).toMatchObject({ refused: [], broken: ['Slack T0LOST', 'lost'] });
    expect(err).toMatch(/^mots de passe illisibles [^\n]+ : Slack T0LOST, lost ; [^\n]+$/);
    const whats = (await admin.asks('journal', 'show')).map(
      ({ what }: { what: string }) => what.split(' ')[0],
    );
    expect(whats).toEqual(['recordsAuthenticated', 'passwordsResealed', 'recordsAccepted', 'keyAdded']);
    await admin.looks(async ({ credentials }) => {
      expect((await credentials.current(accountId('good')))?.secret.reveal()).toBe(PASSWORD);
    });
  });

  test('a record without a signature is read until rotate has signed all, and refused from then on', async () => {
    unmark(admin);
    await admin.keeps(PASSWORD, 'current', 'a');
    await strip(admin, 'credential/a');
    await admin.looks(async ({ credentials }) => {
      expect((await credentials.current(accountId('a')))?.secret.reveal()).toBe(PASSWORD);
    });
    expect((await admin.types('keys', 'list')).out).toMatch(/encore accepté[^\n]+keys rotate/);
    expect((await admin.types('doctor')).out).toMatch(
      /✗ enregistrements : 1 sont d’une version qui ne les signait pas/,
    );
    const { code, out } = await admin.types('keys', 'rotate');
    expect(code).toBe(0);
    expect(out).toMatch(/Désormais, un enregistrement sans signature est refusé/);
    expect(await admin.asks('keys', 'list')).toEqual({ keys: kids(admin), recordsAuthenticated: true });
    expect((await admin.types('doctor')).out).toMatch(/✓ enregistrements : les \d+ se vérifient$/m);

    await strip(admin, 'credential/a');
    const refused = await admin.types('keys', 'rotate');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /^STORE_URL : ne se vérifient pas[^\n]+ : credential\/a \(sans signature\) ; [^\n]+--accept[^\n]+--drop[^\n]+$/,
    );
    await admin.looks(async ({ credentials }) => {
      await expect(credentials.current(accountId('a'))).rejects.toMatchObject({ why: 'unsigned' });
    });
    // A further key does not undo it.
    await admin.types('keys', 'generate');
    expect(await admin.asks('keys', 'list')).toMatchObject({ recordsAuthenticated: true });
  });

  test('a record that does not verify is signed as it is, or removed, by whoever names it', async () => {
    for (const account of ['a', 'b']) {
      await admin.keeps(PASSWORD, 'current', accountId(account));
      await strip(admin, `credential/${account}`);
    }
    expect(
      await admin.types('keys', 'rotate', '--accept', 'credential/a', '--drop', 'credential/b'),
    ).toMatchObject({
      code: 0,
      err: '',
    });
    await admin.looks(async ({ credentials }) => {
      expect((await credentials.current(accountId('a')))?.secret.reveal()).toBe(PASSWORD);
      expect(await credentials.current(accountId('b'))).toBeUndefined();
    });
    const whats = (await admin.asks('journal', 'show')).map(({ what }: { what: string }) => what);
    expect(whats).toEqual(
      expect.arrayContaining(['recordAccepted credential/a', 'recordDropped credential/b']),
    );
    for (const [option, key] of [
      ['--accept', 'credential/none'],
      ['--drop', 'credential/a'],
      ['--drop', 'credential/none'],
    ] as const) {
      const { code, err } = await admin.types('keys', 'rotate', option, key);
      expect(code).toBe(1);
      expect(err).toMatch(new RegExp(`^${option} : il n’y a pas d’enregistrement ${key}`));
    }
  });

  test('prune takes out older keys once nothing that is kept needs them', async () => {
    expect(await admin.types('keys', 'prune')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^il n’y a qu’une clé/),
    });
    await admin.keeps(PASSWORD, 'current', 'a');
    await admin.types('keys', 'generate');
    const [newest = '', old = ''] = kids(admin);
    const { code, err } = await admin.types('keys', 'prune');
    expect(code).toBe(1);
    expect(err).toMatch(/rien n’a changé ; lancez d’abord « npm run admin -- keys rotate »$/);
    expect(kids(admin)).toEqual([newest, old]);

    await admin.types('keys', 'rotate');
    expect(await admin.types('keys', 'prune')).toMatchObject({ code: 0, err: '' });
    expect(await admin.asks('keys', 'list')).toEqual({ keys: [newest], recordsAuthenticated: true });
    expect(await admin.asks('journal', 'verify')).toMatchObject({ whole: true, refused: [] });
    const [entry] = await admin.asks('journal', 'show');
    expect(entry).toMatchObject({ what: `keysRemoved ${old}` });
    await admin.looks(async ({ credentials }) => {
      expect((await credentials.current(accountId('a')))?.secret.reveal()).toBe(PASSWORD);
    });
  });
});

/** As an earlier version wrote the record: without a signature. */
function strip(admin: Admin, key: string): Promise<void> {
  return tamper(admin, key, ({ content }) => content);
}

/** As an earlier version wrote the keys file. */
function unmark({ env }: Admin): void {
  const file = env.STORE_KEYS_FILE ?? '';
  const { keys } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ keys }));
}

function onlyNewestKey({ env }: Admin): void {
  const file = env.STORE_KEYS_FILE ?? '';
  const { keys } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ keys: keys.slice(0, 1) }));
}
