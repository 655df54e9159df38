import { beforeEach, describe, expect, test } from '@jest/globals';
import { MAIN_ACCOUNT, MANAGER as ON_THE_PORTAL, PISTE } from '../../demo/chorus/seed.ts';
import { startSimulator } from '../../demo/chorus/simulator.ts';
import { accountId } from '../../src/store/accounts.ts';
import { ADD, Admin, drivers, ID, LOGIN, MANAGER, PASSWORD } from './shell.ts';

describe.each(Object.keys(drivers))('credential show, on %s', (driver) => {
  let admin: Admin;
  beforeEach(async () => {
    admin = new Admin(driver);
    await admin.types('keys', 'generate');
    await admin.types(...ADD);
  });
  const show = (...more: string[]) => admin.types('credential', 'show', '--login', LOGIN, ...more);

  test('writes the password in use, alone, and the journal says who read it', async () => {
    await admin.keeps();
    expect(await show()).toEqual({ code: 0, out: PASSWORD, err: '' });
    const [entry] = await admin.asks('journal', 'show', '--limit', '1');
    expect(entry).toMatchObject({ who: 'shell:odile', what: 'passwordRead current', account: ID });
  });

  test('gives with --json all that a program needs to know', async () => {
    await admin.keeps();
    expect(await admin.asks('credential', 'show', '--login', LOGIN)).toEqual({
      login: LOGIN,
      slot: 'current',
      password: PASSWORD,
      version: 1,
      heldBy: 'Camille',
      heldSince: admin.now.toISOString(),
      currentSince: admin.now.toISOString(),
      expiry: { at: '2026-07-27T00:00:00.000Z', estimated: true },
    });
  });

  test('gives the one that waits, and the one before', async () => {
    await admin.keeps('first');
    await admin.keeps('second');
    await admin.keeps('third', 'pending');
    expect((await show('--slot', 'previous')).out).toBe('first');
    expect((await show('--slot', 'current')).out).toBe('second');
    expect((await show('--slot', 'pending')).out).toBe('third');
  });

  test('without a password is one line and exit code 1', async () => {
    const { code, out, err } = await show();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^--slot current : aucun mot de passe n’y est gardé[^\n]+$/);
    expect(await show('--slot', 'setAside')).toMatchObject({ code: 1, out: '' });
  });
});

describe('credential set', () => {
  let admin: Admin;
  const { login, siret } = MAIN_ACCOUNT;
  const id = accountId(login);
  const set = (typed: string, ...more: string[]) => {
    admin.input = typed;
    return admin.types('credential', 'set', '--login', login, ...more);
  };
  const slots = () => admin.looks(({ credentials }) => credentials.slots(id));

  beforeEach(async () => {
    admin = new Admin('LMDB');
    await admin.types('keys', 'generate');
    const add = ['--login', login, '--siret', siret, '--name', 'Mairie', '--manager', MANAGER];
    await admin.types('account', 'add', ...add, '--expires', '2026-01-15');
  });

  test('keeps what standard input gives, without blank ends, and says nothing of it', async () => {
    const answer = await set(' goZckgkKevikl ', '--no-test');
    expect(answer).toEqual({ code: 0, out: 'le mot de passe est gardé chiffré', err: '' });
    const pending = await admin.looks(({ credentials }) => credentials.pending(id));
    expect(pending?.secret.reveal()).toBe('goZckgkKevikl');
    expect(pending?.kept).toMatchObject({ heldBy: 'odile', expiry: { estimated: true } });
    const [entry] = await admin.asks('journal', 'show', '--limit', '1');
    expect(entry).toMatchObject({ who: 'shell:odile', what: 'passwordKept version 1', account: id });
  });

  test('warns of what is unusual and keeps it, and stops what is surely a mistake, in one line', async () => {
    const unusual = await set('goZckgkKévikl', '--no-test');
    expect(unusual).toMatchObject({ code: 0, err: expect.stringMatching(/^Le caractère n°.9 .*inhabituel/) });
    for (const [typed, told] of [
      ['', 'vide'],
      [login, 'identifiant'],
      [siret, 'SIRET'],
      ['********', 'astérisques'],
      [`${login}:goZckgkKevikl`, 'ensemble'],
    ] as const) {
      const { code, out, err } = await set(typed, '--no-test');
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/^[^\n]+$/);
      expect(err).toContain(told);
    }
    expect((await slots()).pending?.version).toBe(1);
  });

  test('puts into service what Chorus Pro accepts, and nothing else', async () => {
    const password = 'nEw:Pa55word';
    const now = new Date();
    const dates = { created: now, modified: now, expires: new Date(now.getTime() + 1e10) };
    const simulator = await startSimulator({
      piste: PISTE,
      people: [ON_THE_PORTAL],
      structures: [{ siret, name: 'Mairie', manager: ON_THE_PORTAL.email }],
      accounts: [{ login, siret, password, state: 'ACTIF', ...dates }],
    });
    Object.assign(admin.env, {
      CHORUS_TOKEN_URL: simulator.tokenUrl,
      CHORUS_API_URL: simulator.apiUrl,
      PISTE_CLIENT_ID: PISTE.clientId,
      PISTE_CLIENT_SECRET: PISTE.clientSecret,
      ALLOWED_TENANTS: 'T0MAIRIE',
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_SIGNING_SECRET: 's'.repeat(32),
    });
    try {
      const refused = await set('goZckgkKevikl');
      expect(refused).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('gardé chiffré, et n’est pas en service'),
      });
      expect(await slots()).toMatchObject({ pending: { version: 1 } });
      expect((await slots()).current).toBeUndefined();

      const accepted = await set(password);
      expect(accepted).toMatchObject({
        code: 0,
        out: expect.stringContaining('le mot de passe du compte technique'),
      });
      expect((await slots()).current?.version).toBe(2);
      const account = await admin.looks(({ accounts }) => accounts.find(id));
      expect(account).toMatchObject({
        lastUpdated: admin.now.toISOString(),
        expiry: { estimated: true },
        formerExpiry: '2026-01-15T00:00:00.000Z',
      });
      for (const told of [refused.err, accepted.out]) expect(told).not.toContain(password);
    } finally {
      await simulator.close();
    }
  });
});
