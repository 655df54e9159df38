import { describe, expect, test } from '@jest/globals';
import { ADD, Admin, drivers, LOGIN, tamper } from './shell.ts';

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
    expect(await admin.asks('journal', 'verify')).toMatchObject({ whole: true, count: 2 });
    await admin.looks(async ({ store }) => {
      const key = 'journal/entry/000000000001';
      const found = await store.read<{ entry: object }>(key);
      const entry = { ...found?.value.entry, who: 'somebody else' };
      await store.write(key, { ...found?.value, entry }, found?.version ?? 0);
    });
    const { code, out, err } = await admin.types('journal', 'verify', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({ whole: false, brokenAt: 1, refused: [] });
    expect(err).toMatch(/^le journal n’est pas entier à partir de l’entrée 1 ; [^\n]+$/);
  });

  test('verify names the records that do not verify', async () => {
    const admin = await changedTwice();
    await tamper(admin, 'journal/entry/000000000002', (value) => ({ ...value, content: {} }));
    await tamper(admin, 'journal/head', ({ content }) => content);
    const { code, out, err } = await admin.types('journal', 'verify', '--json');
    const refused = ['journal/head', 'journal/entry/000000000002'];
    expect([code, JSON.parse(out)]).toEqual([1, { whole: false, brokenAt: 2, refused }]);
    expect(err).toMatch(
      /^le journal n’est pas entier à partir de l’entrée 2 ; [^\n]+ ; ne se vérifient pas : journal\/entry\/000000000002 \(modifiés[^\n]+\) ; journal\/head \(sans signature\)$/,
    );
    expect((await admin.types('journal', 'show')).out).toMatch(/^[^\n]+compte ajouté[^\n]+$/);
  });

  test('verify tells whether the journal is the one that was noted elsewhere', async () => {
    const admin = await changedTwice();
    const { count, hash } = await admin.asks('journal', 'verify');
    await admin.types('account', 'set', '--login', LOGIN, '--alert', '4');
    const later = await admin.asks('journal', 'verify', '--expect', `${count}:${hash}`);
    expect(later).toMatchObject({ whole: true, count: 3 });
    for (const other of [`${count}:${'0'.repeat(64)}`, `3:${hash}`, `4:${later.hash}`]) {
      const { code, err } = await admin.types('journal', 'verify', '--expect', other);
      expect(code).toBe(1);
      expect(err).toMatch(
        /^le journal n’a pas l’entrée donnée par --expect \(il a 3 entrées, empreinte [0-9a-f]{64}\)[^\n]+$/,
      );
    }
    for (const wrong of ['3', `3:${hash}0`, `-1:${hash}`, `x:${hash}`]) {
      const { code, err } = await admin.types('journal', 'verify', '--expect', wrong);
      expect(code).toBe(1);
      expect(err).toMatch(/^--expect : donnez le nombre/);
    }
  });

  test('verify gives a count and a hash to note, and names a head that no key has signed until sign does so', async () => {
    const admin = await changedTwice();
    const { count, hash } = await admin.asks('journal', 'verify');
    expect((await admin.types('journal', 'verify')).out).toBe(
      `Le journal est entier : 2 entrées, empreinte ${hash}.`,
    );
    expect(await admin.types('journal', 'sign')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/déjà signé/),
    });
    await admin.looks(async ({ store }) => {
      const head = await store.read('journal/head');
      await store.write('journal/head', { count, hash }, head?.version ?? 0);
    });
    const { code, out, err } = await admin.types('journal', 'verify', '--json');
    expect([code, JSON.parse(out)]).toEqual([1, { whole: false, unsigned: { count, hash }, refused: [] }]);
    expect(err).toMatch(new RegExp(`^la fin du journal n’est signée [^\\n]+${hash}[^\\n]+« journal sign »$`));
    expect(await admin.types('journal', 'sign')).toMatchObject({
      code: 0,
      out: expect.stringContaining(hash),
    });
    expect(await admin.asks('journal', 'verify')).toMatchObject({ whole: true, count: 3 });
    const [entry] = await admin.asks('journal', 'show');
    expect(entry).toMatchObject({ what: 'journalSigned 2', who: 'shell:odile' });
  });

  test('sign refuses a journal of which an entry was taken out', async () => {
    const admin = await changedTwice();
    await admin.looks(async ({ store }) => {
      await store.remove('journal/entry/000000000001', 1);
    });
    expect(await admin.types('journal', 'sign')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^le journal n’est pas entier à partir de l’entrée 1 ;/),
    });
  });

  test('show gives the entries of one account, or of some days, only', async () => {
    const admin = await changedTwice();
    const [, ...other] = ADD;
    await admin.types('account', ...other.map((word) => (word === LOGIN ? 'tech_1_other@cpro.fr' : word)));
    const whatOf = async (...filter: string[]) =>
      (await admin.asks('journal', 'show', ...filter)).map((entry: { what: string }) =>
        entry.what.replace(/ .*/, ''),
      );
    expect(await whatOf('--login', LOGIN.toUpperCase())).toEqual(['accountChanged', 'accountAdded']);
    expect(await whatOf('--login', LOGIN, '--limit', '1')).toEqual(['accountChanged']);
    expect(await whatOf('--login', 'tech_1_other@cpro.fr')).toEqual(['accountAdded']);
    // The clock of these tests stands at noon of 2 June 2025.
    expect(await whatOf('--since', '2025-06-02', '--until', '2025-06-02')).toHaveLength(3);
    expect(await whatOf('--since', '2025-06-03')).toEqual([]);
    expect(await whatOf('--until', '2025-06-01')).toEqual([]);
    expect(await admin.types('journal', 'show', '--since', '2025-06-03')).toMatchObject({
      out: 'Aucune entrée du journal ne correspond.',
    });
    for (const day of ['2025-13-01', '02/06/2025', 'x']) {
      const refused = await admin.types('journal', 'show', '--until', day);
      expect(refused).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(/^--until : donnez le jour/),
      });
    }
  });

  test('show refuses a limit that is none', async () => {
    const admin = await changedTwice();
    for (const limit of ['0', 'x']) {
      expect(await admin.types('journal', 'show', '--limit', limit)).toMatchObject({ code: 1, out: '' });
    }
  });
});
