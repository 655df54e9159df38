import { beforeEach, describe, expect, test } from '@jest/globals';
import { demoSeed, MAIN_ACCOUNT, PISTE } from '../../demo/chorus/seed.ts';
import { startSimulator } from '../../demo/chorus/simulator.ts';
import { begin } from '../../src/chorus/procedures/transitions.ts';
import { accountId } from '../../src/store/accounts.ts';
import { Admin, drivers, ID, LOGIN, MANAGER, TENANT } from './shell.ts';

const DEPUTY = `teams:${TENANT}:dominique`;
const NEXT = `teams:${TENANT}:leila`;
const BY_MANAGER = {
  platform: 'teams' as const,
  private: false,
  address: { conversation: '19:x' },
  subscribedBy: MANAGER,
};
const loginOf = (i: number) => `TECH_1_MAIRIE${i}@cpro.fr`;

describe.each(Object.keys(drivers))('many accounts, on %s', (driver) => {
  let admin: Admin;
  beforeEach(async () => {
    admin = new Admin(driver);
    await admin.types('keys', 'generate');
  });

  async function add(login: string, ...more: string[]): Promise<void> {
    const words = [
      'account',
      'add',
      '--login',
      login,
      '--siret',
      '21340172201787',
      '--name',
      'Commune de Sète',
    ];
    const { code, err } = await admin.types(...words, ...more);
    if (code !== 0) throw new Error(err);
  }
  const listed = async (...options: string[]) =>
    (await admin.asks('account', 'list', ...options)).map(({ login }: { login: string }) => login);

  describe('account list', () => {
    // It is 2 June 2025 for this administrator.
    beforeEach(async () => {
      await add(loginOf(0), '--manager', MANAGER, '--expires', '2025-06-01');
      await add(loginOf(1), '--manager', MANAGER, '--deputy', DEPUTY, '--expires', '2025-07-02');
      await add(loginOf(2), '--manager', NEXT, '--deputy', DEPUTY, '--expires', '2025-07-03');
      await add(loginOf(3), '--manager', NEXT);
      await add(loginOf(4), '--manager', NEXT);
      await add(loginOf(5), '--manager', NEXT, '--expires', '2026-01-01');
      await admin.keeps('a-password', 'pending', accountId(loginOf(4)));
      await admin.looks(async ({ resets, store }) => {
        await resets.save(
          accountId(loginOf(5)),
          { reset: begin('one', 'signIn', admin.now).reset } as never,
          0,
        );
        await store.write(`place/${MANAGER}`, { name: 'Camille Roy' }, 0);
      });
    });

    test.each<[string[], number[]]>([
      [
        ['--manager', MANAGER],
        [0, 1],
      ],
      [
        ['--deputy', DEPUTY],
        [1, 2],
      ],
      [
        ['--expiring', '30'],
        [0, 1],
      ],
      [
        ['--expiring', '31'],
        [0, 1, 2],
      ],
      [['--expiring', '0'], [0]],
      [['--state', 'expired'], [0]],
      [
        ['--state', 'valid'],
        [1, 2],
      ],
      [['--state', 'unknown'], [3]],
      [['--state', 'pending'], [4]],
      [['--state', 'resetting'], [5]],
      [['--manager', NEXT, '--deputy', DEPUTY], [2]],
      [['--manager', `teams:${TENANT}:nobody`], []],
    ])('%j chooses', async (options, chosen) => {
      expect(await listed(...options)).toEqual(chosen.map(loginOf));
    });

    test('has names beside identifiers, the state and the days that are left', async () => {
      const [first] = await admin.asks('account', 'list', '--state', 'expired');
      expect(first).toMatchObject({
        manager: MANAGER,
        managerName: 'Camille Roy',
        deputyName: null,
        state: 'expired',
        daysLeft: -1,
      });
      const { out } = await admin.types('account', 'list');
      expect(out).toContain(`Camille Roy (${MANAGER})`);
      expect(out).toContain('(J-30)');
      expect(out).toMatch(/TECH_1_MAIRIE0.+mot de passe expiré/);
    });

    test('as CSV it is what import reads', async () => {
      const { out } = await admin.types('account', 'list', '--csv', '--manager', MANAGER);
      expect(out.split('\n')).toEqual([
        'structure;identifiant;siret;gestionnaire;suppleant;expiration;alerte;canaux',
        expect.stringContaining(loginOf(0)),
        expect.stringContaining(loginOf(1)),
      ]);
    });

    test('what is asked for wrongly is refused in one line', async () => {
      for (const wrong of [
        ['--state', 'x'],
        ['--expiring', '-1'],
        ['--expiring', 'demain'],
        ['--manager', 'Camille'],
        ['--csv', '--json'],
      ]) {
        const { code, out, err } = await admin.types('account', 'list', ...wrong);
        expect([code, out, err.split('\n').length]).toEqual([1, '', 1]);
      }
      expect((await admin.types('account', 'list', '--manager', `teams:${TENANT}:nobody`)).out).toBe(
        'Aucun compte ne répond à ces options.',
      );
    });
  });

  test('account suspend and resume are written down, shown, and refused where they change nothing', async () => {
    await add(LOGIN, '--manager', MANAGER);
    const said = (command: string) => admin.types('account', command, '--login', LOGIN);
    expect(await said('resume')).toMatchObject({ code: 1, err: '--login : ce compte n’est pas suspendu' });
    expect(await said('suspend')).toMatchObject({ code: 0, out: `Compte suspendu : ${LOGIN}` });
    expect(await said('suspend')).toMatchObject({ code: 1, err: '--login : ce compte est déjà suspendu' });
    expect(await admin.asks('account', 'show', '--login', LOGIN)).toMatchObject({
      suspendedAt: admin.now.toISOString(),
    });
    expect(await listed('--state', 'suspended')).toEqual([LOGIN]);
    expect((await said('show')).out).toMatch(/^Suspendu +depuis le 02\/06\/2025 12:00:00$/m);
    expect(await admin.asks('account', 'resume', '--login', LOGIN)).toMatchObject({ suspendedAt: null });
    expect((await admin.asks('journal', 'show')).map(({ what }: { what: string }) => what)).toEqual([
      'accountResumed',
      'accountSuspended',
      'accountAdded',
    ]);
  });

  describe('account hand-over', () => {
    const handOver = (...options: string[]) => admin.types('account', 'hand-over', ...options);
    beforeEach(async () => {
      await add(loginOf(0), '--manager', MANAGER, '--deputy', DEPUTY);
      await add(loginOf(1), '--manager', DEPUTY, '--deputy', MANAGER);
      await add(loginOf(2), '--manager', NEXT, '--deputy', MANAGER);
      await add(loginOf(3), '--manager', DEPUTY);
    });
    const people = async () =>
      (await admin.asks('account', 'list')).map(({ manager, deputy }: Record<string, string>) => [
        manager,
        deputy,
      ]);

    test('gives all accounts of one to another, as manager and as deputy, and nobody is both', async () => {
      expect(await admin.asks('account', 'hand-over', '--from', MANAGER, '--to', NEXT)).toEqual([
        { login: loginOf(0), role: 'manager' },
        { login: loginOf(1), role: 'deputy' },
        { login: loginOf(2), role: 'deputy' },
      ]);
      expect(await people()).toEqual([
        [NEXT, DEPUTY],
        [DEPUTY, NEXT],
        [NEXT, null],
        [DEPUTY, null],
      ]);
      await admin.looks(async ({ accounts }) => {
        expect((await accounts.ofPerson(NEXT)).map(({ login }) => login)).toEqual([0, 1, 2].map(loginOf));
        expect(await accounts.ofPerson(MANAGER)).toEqual([]);
      });
      const said = (await admin.asks('journal', 'show')).map(({ what }: { what: string }) => what);
      expect(
        said.filter((what: string) => what === `accountHandedOver from=${MANAGER} to=${NEXT}`),
      ).toHaveLength(3);
    });

    test('to the deputy leaves the account without one', async () => {
      await handOver('--from', MANAGER, '--to', DEPUTY);
      expect((await people())[0]).toEqual([DEPUTY, null]);
    });

    test('with --dry-run changes nothing, and says what it would change', async () => {
      const before = await people();
      const { code, out } = await handOver('--from', MANAGER, '--to', NEXT, '--dry-run');
      expect([code, out.split('\n')]).toEqual([
        0,
        [
          `${loginOf(0)}  gestionnaire principal : serait confié à ${NEXT}`,
          `${loginOf(1)}  suppléant : serait confié à ${NEXT}`,
          `${loginOf(2)}  suppléant : serait confié à ${NEXT}`,
          '3 compte(s). Rien n’a été écrit.',
        ],
      ]);
      expect(await people()).toEqual(before);
    });

    test('twice changes nothing the second time', async () => {
      await handOver('--from', MANAGER, '--to', NEXT);
      expect((await handOver('--from', MANAGER, '--to', NEXT)).out).toBe(`${MANAGER} ne gère aucun compte.`);
    });

    test('drops the conversations that only whoever leaves had subscribed', async () => {
      await admin.looks(({ accounts }) =>
        accounts.change(accountId(loginOf(0)), (account) => ({ ...account, channels: [BY_MANAGER] })),
      );
      expect((await handOver('--from', MANAGER, '--to', NEXT)).err).toContain('ne reçoit plus les rappels');
      expect((await admin.asks('account', 'show', '--login', loginOf(0))).channels).toEqual([]);
    });

    test('to the same person, or to nobody that can be, is refused', async () => {
      expect(await handOver('--from', MANAGER, '--to', MANAGER)).toMatchObject({ code: 1, out: '' });
      expect(await handOver('--from', MANAGER, '--to', 'Leila')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^--to : donnez teams:/),
      });
    });
  });

  describe('person', () => {
    beforeEach(async () => {
      await add(loginOf(0), '--manager', MANAGER, '--deputy', DEPUTY);
      await add(loginOf(1), '--manager', MANAGER);
      await admin.looks(async ({ store }) => {
        await store.write(`place/${MANAGER}`, { name: 'Camille Roy' }, 0);
        await store.write(`place/${DEPUTY}`, { isLost: true }, 0);
      });
    });

    test('list has who manages and stands in for what, and whom the bot can reach', async () => {
      expect(await admin.asks('person', 'list')).toEqual([
        {
          person: MANAGER,
          name: 'Camille Roy',
          reachable: 'known',
          manages: [loginOf(0), loginOf(1)],
          standsInFor: [],
        },
        { person: DEPUTY, name: null, reachable: 'lost', manages: [], standsInFor: [loginOf(0)] },
      ]);
      expect((await admin.types('person', 'list')).out).toContain(
        `Camille Roy (${MANAGER})  gère 2 compte(s)  suppléant de 0  le bot peut lui écrire`,
      );
    });

    test('show has the conversations that somebody subscribed', async () => {
      await admin.looks(({ accounts }) =>
        accounts.change(accountId(loginOf(0)), (account) => ({ ...account, channels: [BY_MANAGER] })),
      );
      expect(await admin.asks('person', 'show', '--person', MANAGER)).toMatchObject({
        name: 'Camille Roy',
        channels: [{ login: loginOf(0), ...BY_MANAGER }],
      });
      const { out } = await admin.types('person', 'show', '--person', MANAGER);
      expect(out).toMatch(/^A abonné +Teams 19:x \(TECH_1_MAIRIE0@cpro\.fr\)$/m);
      expect(await admin.types('person', 'show', '--person', `teams:${TENANT}:nobody`)).toMatchObject({
        code: 1,
        out: '',
      });
    });

    test('forget takes out name, address and habit of whoever has left, and the journal keeps the identifier', async () => {
      expect(await admin.types('person', 'forget', '--person', MANAGER)).toMatchObject({
        code: 1,
        err: expect.stringContaining('account hand-over'),
      });
      await admin.types('account', 'hand-over', '--from', MANAGER, '--to', NEXT);
      await admin.looks(({ store }) => store.write(`portal-entry/${MANAGER}`, { entry: 'pigp' }, 0));
      expect(await admin.types('person', 'forget', '--person', MANAGER)).toMatchObject({ code: 0 });
      await admin.looks(async ({ store }) => {
        for (const kind of ['place', 'portal-entry'])
          expect(await store.read(`${kind}/${MANAGER}`)).toBeUndefined();
      });
      const [entry] = await admin.asks('journal', 'show', '--limit', '1');
      expect(entry).toMatchObject({ what: `personForgotten ${MANAGER}` });
    });
  });

  test('account verify without --login tests all, and names those that are not accepted', async () => {
    const { login, password } = MAIN_ACCOUNT;
    const simulator = await startSimulator({ ...demoSeed(new Date()), piste: PISTE });
    Object.assign(admin.env, {
      CHORUS_ENVIRONMENT: 'production',
      SLACK_BOT_TOKEN: 'xoxb-token',
      SLACK_SIGNING_SECRET: 'slack-secret',
      ALLOWED_TENANTS: 'T0001',
      CHORUS_TOKEN_URL: simulator.tokenUrl,
      CHORUS_API_URL: simulator.apiUrl,
      PISTE_CLIENT_ID: PISTE.clientId,
      PISTE_CLIENT_SECRET: PISTE.clientSecret,
    });
    admin.now = new Date();
    for (const each of [login, loginOf(0), LOGIN]) await add(each, '--manager', MANAGER);
    await admin.keeps(password, 'current', accountId(login));
    await admin.keeps('canary-of-a-password', 'current', ID);
    const { code, out, err } = await admin.types('account', 'verify', '--json');
    expect(code).toBe(1);
    expect(err).toBe('2 compte(s) sans test concluant');
    expect(JSON.parse(out)).toMatchObject({
      accepted: 1,
      refused: 1,
      unknown: 0,
      notTested: 1,
      accounts: [
        { login: LOGIN, outcome: 'refused', detail: 'refused: technical account' },
        { login: loginOf(0), outcome: 'notTested', detail: expect.stringContaining('aucun mot de passe') },
        { login, outcome: 'accepted' },
      ],
    });
    const text = await admin.types('account', 'verify');
    expect(text.out).toContain('Acceptés : 1. Refusés : 1. Sans réponse claire : 0. Non testés : 1.');
    expect(text.out + text.err + out).not.toContain('canary');
    await simulator.close();
  });
});
