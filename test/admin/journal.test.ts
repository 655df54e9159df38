import { describe, expect, test } from '@jest/globals';
import { ADD, Admin, drivers, LOGIN } from './shell.ts';

describe.each(Object.keys(drivers))('journal, on %s', (driver) => {
  async function changedTwice(): Promise<Admin> {
    const admin = new Admin(driver);
    await admin.types('keys', 'generate');
    await admin.types(...ADD);
    await admin.types('account', 'set', '--login', LOGIN, '--alert', '3');
    return admin;
  }

  test('show gives the latest entries, in words', async () => {
    const admin = await changedTwice();
    const { out } = await admin.types('journal', 'show', '--limit', '1');
    expect(out).toBe(
      '02/06/2025 12:00:00  shell:odile  compte modifié alert=3  tech_1_ab12cd34ef56gh@cpro.fr  depuis mairie',
    );
    expect((await admin.types('journal', 'show')).out.split('\n')).toHaveLength(2);
  });

  test('verify finds the entry that was changed', async () => {
    const admin = await changedTwice();
    expect(await admin.asks('journal', 'verify')).toEqual({ whole: true, count: 2 });
    await admin.looks(async ({ store }) => {
      const key = 'journal/entry/000000000001';
      const found = await store.read<{ entry: object }>(key);
      const entry = { ...found?.value.entry, who: 'somebody else' };
      await store.write(key, { ...found?.value, entry }, found?.version ?? 0);
    });
    const { code, out, err } = await admin.types('journal', 'verify', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({ whole: false, brokenAt: 1 });
    expect(err).toMatch(/^le journal n’est pas entier à partir de l’entrée 1 ; [^\n]+$/);
  });

  test('show refuses a limit that is none', async () => {
    const admin = await changedTwice();
    for (const limit of ['0', 'x']) {
      expect(await admin.types('journal', 'show', '--limit', limit)).toMatchObject({ code: 1, out: '' });
    }
  });
});
