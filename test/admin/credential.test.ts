import { beforeEach, describe, expect, test } from '@jest/globals';
import { ADD, Admin, drivers, ID, LOGIN, PASSWORD } from './shell.ts';

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
