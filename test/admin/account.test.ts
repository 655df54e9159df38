import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { begin } from '../../src/chorus/procedures/transitions.ts';
import { PasswordRelease } from '../../src/consumers/release.ts';
import { Tokens } from '../../src/consumers/tokens.ts';
import { ADD, Admin, drivers, ID, LOGIN, MANAGER, PASSWORD, TENANT } from './shell.ts';

const DEPUTY = `teams:${TENANT}:dominique`;
const NEXT = `teams:${TENANT}:leila`;

describe.each(Object.keys(drivers))('account, on %s', (driver) => {
  let admin: Admin;
  beforeEach(async () => {
    admin = new Admin(driver);
    await admin.types('keys', 'generate');
  });

  test('add keeps what was given, and says so in the journal', async () => {
    const deputy = `teams:${TENANT}:dominique`;
    const added = await admin.asks(...ADD, '--deputy', deputy, '--expires', '2026-04-18', '--alert', '10');
    expect(added).toEqual({
      login: LOGIN,
      siret: '21340172201787',
      name: 'Commune de Sète',
      manager: MANAGER,
      deputy,
      // At 02:00 in Paris, as the portal has it.
      expiry: { at: '2026-04-18T00:00:00.000Z', estimated: false },
      alertMonths: 10,
      thresholds: null,
      application: null,
      lastUpdated: null,
      channels: [],
      addedAt: admin.now.toISOString(),
      suspendedAt: null,
    });
    expect(await admin.asks('account', 'list')).toMatchObject([added]);
    expect(await admin.asks('journal', 'show')).toEqual([
      { at: admin.now.toISOString(), who: 'shell:odile', what: 'accountAdded', account: ID, from: 'mairie' },
    ]);
  });

  test('add of a login that is there is refused, in any case, and changes nothing', async () => {
    await admin.types(...ADD);
    const [before] = await admin.asks('account', 'list');
    const again = [...ADD, '--login', LOGIN.toLowerCase(), '--name', 'Une autre'];
    const refused = await admin.types(...again);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/^--login : ce compte existe déjà, rien n’a changé ; .+$/);
    expect(await admin.asks('account', 'list')).toEqual([before]);
  });

  test('another application takes the place of e.magnus, and gives it back', async () => {
    const path = 'Ciril Finances, menu Paramètres';
    expect(await admin.asks(...ADD, '--application', path)).toMatchObject({
      application: { kind: 'other', path },
    });
    expect((await admin.types('account', 'show', '--login', LOGIN)).out).toContain(path);
    const set = (...options: string[]) => admin.types('account', 'set', '--login', LOGIN, ...options);
    expect((await set('--no-application')).code).toBe(0);
    expect(await admin.asks('account', 'show', '--login', LOGIN)).toMatchObject({ application: null });
    const [entry] = await admin.asks('journal', 'show', '--limit', '1');
    expect(entry).toMatchObject({ what: 'accountChanged application=none', account: ID });
    for (const wrong of ['  ', 'x'.repeat(301), 'a\u202eb'])
      expect(await set('--application', wrong)).toMatchObject({ code: 1, out: '' });
    expect((await set('--application', path, '--reads-itself')).err).toContain('pas deux à la fois');
  });

  test('an application reads the password by itself only where a token or a destination exists', async () => {
    await admin.types(...ADD);
    const set = () => admin.types('account', 'set', '--login', LOGIN, '--reads-itself');
    expect(await set()).toMatchObject({ code: 1, err: expect.stringContaining('aucun jeton') });
    expect(await admin.asks('account', 'show', '--login', LOGIN)).toMatchObject({ application: null });

    const { id } = (await admin.asks('token', 'create', '--name', 'odoo', '--login', LOGIN)) as {
      id: string;
    };
    expect((await set()).code).toBe(0);
    expect(await admin.asks('account', 'show', '--login', LOGIN)).toMatchObject({
      application: { kind: 'readsItself' },
    });
    // What is set for other reasons keeps it.
    await admin.types('account', 'set', '--login', LOGIN, '--alert', '10', '--no-deputy');
    expect(await admin.asks('account', 'show', '--login', LOGIN)).toMatchObject({
      application: { kind: 'readsItself' },
    });
    await admin.types('token', 'revoke', '--id', id);
    expect((await set()).code).toBe(1);
  });

  test('the manager finds the account, and a former one does not', async () => {
    await admin.types(...ADD);
    const successor = `teams:${TENANT}:leila`;
    const set = await admin.types('account', 'set', '--login', LOGIN, '--manager', successor);
    expect(set.code).toBe(0);
    await admin.looks(async ({ accounts }) => {
      expect(await accounts.ofPerson(MANAGER)).toEqual([]);
      expect(await accounts.ofPerson(successor)).toMatchObject([{ login: LOGIN }]);
    });
    const [entry] = await admin.asks('journal', 'show', '--limit', '1');
    expect(entry).toMatchObject({ what: `accountChanged manager=${successor}`, account: ID });
  });

  test('set changes what is given and nothing else', async () => {
    const before = await admin.asks(...ADD, '--deputy', MANAGER);
    const login = ['account', 'set', '--login', LOGIN];
    expect(await admin.asks(...login, '--name', 'Sète', '--alert', '3', '--thresholds', '30,7')).toEqual({
      ...before,
      name: 'Sète',
      alertMonths: 3,
      thresholds: [30, 7],
    });
    expect(await admin.asks(...login, '--no-deputy')).toMatchObject({ deputy: null, name: 'Sète' });
    expect(await admin.types(...login)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^rien à changer/),
    });
  });

  test('set --expires confirms the date of the password in use too', async () => {
    await admin.types(...ADD);
    await admin.keeps();
    await admin.types('account', 'set', '--login', LOGIN, '--expires', '18/04/2026 02:00:00');
    const confirmed = { at: '2026-04-18T00:00:00.000Z', estimated: false };
    expect(await admin.asks('account', 'show', '--login', LOGIN)).toMatchObject({
      expiry: confirmed,
      passwords: { current: { expiry: confirmed } },
    });
  });

  test('show tells what is kept and what runs, and no password', async () => {
    await admin.types(...ADD);
    await admin.keeps();
    await admin.keeps('another-password', 'pending');
    await admin.looks(async ({ resets }) => {
      const holder = { id: MANAGER, name: 'Camille' } as const;
      const { reset } = begin('one', 'signIn', admin.now);
      await resets.save(ID, { reset, holder }, 0);
    });
    const { code, out } = await admin.types('account', 'show', '--login', LOGIN);
    expect(code).toBe(0);
    expect(out).toMatch(/^Mot de passe en service +saisi par Camille le 02\/06\/2025 12:00:00/m);
    expect(out).toMatch(/^Mot de passe en attente +saisi par Camille/m);
    expect(out).toMatch(/^Réinitialisation +en cours, menée par Camille depuis le 02\/06\/2025/m);
    const json = await admin.asks('account', 'show', '--login', LOGIN);
    expect(json).toMatchObject({ passwords: { previous: null }, reset: { step: 'signIn', by: 'Camille' } });
    const successor = ['--manager', `teams:${TENANT}:leila`];
    const { err } = await admin.types('account', 'set', '--login', LOGIN, ...successor);
    expect(err).toMatch(/^une réinitialisation menée par Camille, qui n’en a plus le droit, est en cours/);
    expect(out + JSON.stringify(json)).not.toMatch(/goZckgkKevikl|another-password|eyJ/);
  });

  test('remove wants to be confirmed, then takes the passwords and the reset along', async () => {
    await admin.types(...ADD);
    await admin.keeps();
    await admin.looks(async ({ resets }) => {
      await resets.save(ID, { reset: begin('one', 'signIn', admin.now).reset } as never, 0);
      await resets.wakeAt(ID, admin.now);
    });
    await admin.types('token', 'create', '--name', 'odoo', '--login', LOGIN);
    await admin.types('destination', 'add', '--login', LOGIN, '--webhook', 'https://odoo.example/hook');
    await admin.looks(async ({ store, credentials, journal }) => {
      const tokens = new Tokens(store);
      const [token] = await tokens.list();
      if (token === undefined) throw new Error('there is no token');
      const taken = () => undefined;
      const release = new PasswordRelease({
        store,
        credentials,
        tokens,
        journal,
        taken,
        now: () => admin.now,
      });
      await release.release({ token, account: ID, address: '127.0.0.1' });
      await store.write(`handover/${ID}`, { resetId: 'one', version: 1, times: 1 }, 0);
    });
    const unsure = await admin.types('account', 'remove', '--login', LOGIN);
    expect(unsure).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^rien n’a été retiré : avec --yes/),
    });
    expect(await admin.asks('account', 'list')).toHaveLength(1);

    expect(await admin.types('account', 'remove', '--login', LOGIN, '--yes')).toMatchObject({ code: 0 });
    expect(await admin.asks('account', 'list')).toEqual([]);
    await admin.looks(async ({ store, credentials, resets }) => {
      expect(await credentials.current(ID)).toBeUndefined();
      expect(await resets.load(ID)).toBeUndefined();
      expect(await resets.due(admin.now, 1)).toEqual([]);
      const left: string[] = [];
      for await (const key of store.keys('')) if (!/^(journal|token)/.test(key)) left.push(key);
      expect(left.sort()).toEqual([`credential/${ID}`, expect.stringMatching(/^person\//)]);
    });
    expect(await admin.types('account', 'remove', '--login', LOGIN, '--yes')).toMatchObject({ code: 1 });
  });

  test('an account that is not there is refused with the option and the cure', async () => {
    for (const command of ['show', 'remove']) {
      const { code, err } = await admin.types('account', command, '--login', 'nobody');
      expect(code).toBe(1);
      expect(err).toBe('--login : aucun compte de ce nom ; « account list » les montre tous');
    }
  });

  test('a conversation is added once, listed, and removed', async () => {
    await admin.types(...ADD);
    const teams = ['--login', LOGIN, '--teams-conversation', '19:abc@thread.tacv2'];
    const add = ['channel', 'add', ...teams, '--service-url', 'https://smba.trafficmanager.net/emea/'];
    expect(await admin.types(...add)).toMatchObject({ code: 0 });
    expect(await admin.types(...add)).toMatchObject({ code: 0 });
    expect(
      await admin.types(
        'channel',
        'add',
        '--login',
        LOGIN,
        '--slack-channel',
        'C012',
        '--slack-team',
        'T0ONE',
      ),
    ).toMatchObject({
      code: 0,
    });
    expect(await admin.asks('channel', 'list')).toEqual([
      {
        login: LOGIN,
        platform: 'teams',
        private: false,
        address: { conversation: '19:abc@thread.tacv2', serviceUrl: 'https://smba.trafficmanager.net/emea/' },
        subscribedBy: 'shell',
      },
      {
        login: LOGIN,
        platform: 'slack',
        private: false,
        address: { channel: 'C012', team: 'T0ONE' },
        subscribedBy: 'shell',
      },
    ]);
    expect(await admin.types('channel', 'remove', ...teams)).toMatchObject({ code: 0 });
    expect(await admin.types('channel', 'remove', ...teams)).toMatchObject({ code: 1 });
    expect((await admin.types('channel', 'list', '--login', LOGIN)).out).toBe(`${LOGIN}  Slack C012`);
  });

  describe('a hand-over', () => {
    const place = (conversation: string) => ({
      platform: 'teams' as const,
      private: false,
      address: { conversation },
    });
    const BY_DEPUTY = { ...place('of the deputy'), subscribedBy: DEPUTY };
    const BY_MANAGER = { ...place('of the manager'), subscribedBy: MANAGER };
    const BY_SHELL = { ...place('of an administrator'), subscribedBy: 'shell' };
    const BY_NOBODY_KNOWS = place('of an earlier version');
    const SET = ['account', 'set', '--login', LOGIN, '--manager', NEXT, '--no-deputy'];
    const channels = () => admin.looks(async ({ accounts }) => (await accounts.find(ID))?.channels);

    beforeEach(async () => {
      await admin.types(...ADD, '--deputy', DEPUTY);
      await admin.looks(({ accounts }) =>
        accounts.change(ID, (account) => ({
          ...account,
          channels: [BY_DEPUTY, BY_MANAGER, BY_SHELL, BY_NOBODY_KNOWS],
        })),
      );
    });

    test('drops the conversations of those who lose the right, and lists them', async () => {
      const { err } = await admin.types(...SET);
      for (const lost of ['of the deputy', 'of the manager', 'of an earlier version'])
        expect(err).toMatch(new RegExp(`ne reçoit plus les rappels de ce compte : Teams ${lost}`));
      expect(err).not.toContain('of an administrator');
      expect(await channels()).toEqual([BY_SHELL]);
      const said = (await admin.asks('journal', 'show')).map(({ what }: { what: string }) => what);
      expect(said).toContain('channelRemoved Teams of the manager');
    });

    test('keeps them where the new one wants so, who stands for them from then on', async () => {
      const { err } = await admin.types(...SET, '--keep-channels');
      expect(err).toMatch(/gardée par le nouveau gestionnaire : Teams of the manager/);
      const kept = [BY_DEPUTY, BY_MANAGER, BY_SHELL, BY_NOBODY_KNOWS].map((channel) =>
        channel === BY_SHELL ? channel : { ...channel, subscribedBy: NEXT },
      );
      expect(await channels()).toEqual(kept);
    });

    test('leaves alone those of whoever keeps the right', async () => {
      await admin.types('account', 'set', '--login', LOGIN, '--manager', DEPUTY, '--deputy', NEXT);
      expect(await channels()).toEqual([BY_DEPUTY, BY_SHELL]);
      await admin.types('account', 'set', '--login', LOGIN, '--alert', '3');
      expect(await channels()).toEqual([BY_DEPUTY, BY_SHELL]);
    });

    test('in the list of conversations each says who subscribed it', async () => {
      const { out } = await admin.types('channel', 'list', '--login', LOGIN);
      expect(out).toContain(`Teams of the manager  abonnée par ${MANAGER}`);
      expect(out).toContain(
        'Teams of an earlier version  abonnée par une personne que cette version ne connaît pas',
      );
      expect(out).toMatch(/Teams of an administrator$/m);
    });
  });

  test('no command but one ever writes a password', async () => {
    await admin.types(...ADD);
    await admin.keeps();
    const commands = [
      ['account', 'list'],
      ['account', 'show', '--login', LOGIN],
      ['account', 'set', '--login', LOGIN, '--alert', '2', '--json'],
      ['journal', 'show', '--json'],
      ['keys', 'rotate'],
      ['backup', join(admin.folder, 'backup.jsonl')],
      ['doctor', '--json'],
    ];
    const answers = [];
    for (const words of commands) answers.push(await admin.types(...words));
    expect(JSON.stringify(answers)).not.toContain(PASSWORD);
    expect((await admin.types('credential', 'show', '--login', LOGIN)).out).toBe(PASSWORD);
  });
});

describe('what was typed wrongly', () => {
  const admin = new Admin('LMDB');
  test.each([
    ['--siret', '21340172201788', /14 chiffres/],
    ['--manager', 'camille', /teams:<locataire>:<personne>/],
    ['--deputy', 'slack:T1', /slack:<équipe>:<personne>/],
    ['--login', 'TECH_1:x', /ni espace ni « : »/],
    ['--name', '  ', /nom de la structure/],
    ['--expires', '2026-02-30', /AAAA-MM-JJ/],
    ['--expires', '2045-01-01', /trop lointaine/],
    ['--alert', '15', /de 1 à 14/],
    ['--thresholds', '60,sept', /nombres de jours/],
  ])('%s %s is refused with one line that does not repeat it', async (option, value, cure) => {
    const { code, out, err } = await admin.types(...ADD, option, value);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(cure);
    expect(err.startsWith(`${option} : `)).toBe(true);
    expect(err).not.toContain('\n');
    if (value.trim()) expect(err).not.toContain(value);
  });

  test('is forgiven where it is clear: case, blanks, an expiry that has passed, another form of login', async () => {
    await admin.types('keys', 'generate');
    const named = (login: string, siret: string) => admin.types(...ADD, '--login', login, '--siret', siret);
    expect((await named('TECH_2@cpro.fr', '00000000013456')).code).toBe(1);
    admin.env.CHORUS_ENVIRONMENT = 'sandbox';
    const qualification = await named('DEV_DESTTAA074@cpp2017.fr', '00000000013456');
    expect(qualification.code).toBe(0);
    expect(qualification.err).not.toContain('--login');
    expect((await named('TECH_3@cpro.fr', 'a12345-001')).err).toMatch(
      /TECH_3@cpro\.fr est un compte de production/,
    );
    admin.env.CHORUS_ENVIRONMENT = 'production';
    expect((await named('TECH_4@cpp2017.fr', 'FR 12345678901')).err).toMatch(
      /est un compte de qualification/,
    );
    expect((await admin.asks('account', 'list')).map(({ siret }: { siret: string }) => siret)).toEqual([
      '00000000013456',
      'A12345-001',
      'FR12345678901',
    ]);
    for (const login of ['DEV_DESTTAA074@cpp2017.fr', 'TECH_3@cpro.fr', 'TECH_4@cpp2017.fr'])
      await admin.types('account', 'remove', '--login', login, '--yes');
    const { err } = await admin.types(
      ...[
        ...ADD,
        '--manager',
        MANAGER.toUpperCase().replace('TEAMS', 'teams'),
        '--siret',
        '213 401 722 01787',
      ],
      ...['--login', 'api@cpro.fr', '--expires', '2025-06-01'],
    );
    expect(err).toMatch(/^--login : les comptes techniques s’appellent d’ordinaire TECH_/);
    expect(err).toMatch(/^--expires est déjà passée/m);
    expect(await admin.asks('account', 'list')).toMatchObject([
      { manager: MANAGER, siret: '21340172201787' },
    ]);
  });
});
