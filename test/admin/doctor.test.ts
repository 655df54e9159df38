import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { demoSeed, MAIN_ACCOUNT, PISTE } from '../../demo/chorus/seed.ts';
import { startSimulator } from '../../demo/chorus/simulator.ts';
import { Secret } from '../../src/secret.ts';
import { accountId } from '../../src/store/accounts.ts';
import { RedisServer } from '../store/redis-server.ts';
import { ADD, Admin, drivers, ID, LOGIN, MANAGER, tamper } from './shell.ts';

const BOT = {
  CHORUS_ENVIRONMENT: 'production',
  PISTE_CLIENT_ID: 'piste-id',
  PISTE_CLIENT_SECRET: 'piste-secret',
  SLACK_BOT_TOKEN: 'xoxb-token',
  SLACK_SIGNING_SECRET: 'slack-secret',
  ALLOWED_TENANTS: 'T0001',
};

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly text: string;
}

async function examine(admin: Admin, ...options: string[]) {
  const { code, out } = await admin.types('doctor', '--json', ...options);
  const findings: Finding[] = JSON.parse(out);
  return { code, failed: findings.filter(({ ok }) => !ok), checks: findings.map(({ check }) => check) };
}

describe.each(Object.keys(drivers))('doctor, on %s', (driver) => {
  let admin: Admin;
  beforeEach(async () => {
    admin = new Admin(driver);
    Object.assign(admin.env, BOT);
    await admin.types('keys', 'generate');
    await admin.types(...ADD);
    await admin.keeps();
  });

  test('finds nothing where all is well', async () => {
    const checks = 'configuration,clés,coffre,enregistrements,mots de passe,comptes,journal,horloge'.split(
      ',',
    );
    expect(await examine(admin)).toEqual({ code: 0, failed: [], checks });
    const { out, err } = await admin.types('doctor');
    expect(out.split('\n').map((line) => line.slice(0, 1))).toEqual(checks.map(() => '✓'));
    expect(err).toBe('');
  });

  test('warns of a login of the other environment', async () => {
    admin.env.CHORUS_ENVIRONMENT = 'sandbox';
    expect((await admin.types('doctor')).err).toMatch(
      /est un compte de production, et le bot parle à la qualification/,
    );
  });

  test('names a wrong variable, and looks at the rest all the same', async () => {
    admin.env.PORT = 'x';
    const { code, failed, checks } = await examine(admin);
    expect(code).toBe(1);
    expect(failed).toMatchObject([
      { check: 'configuration', text: expect.stringMatching(/^PORT ne convient/) },
    ]);
    expect(checks).toContain('journal');
  });

  test('sees a key file that others may read', async () => {
    chmodSync(admin.env.STORE_KEYS_FILE ?? '', 0o644);
    expect((await examine(admin)).failed).toMatchObject([
      { check: 'clés', text: expect.stringMatching(/^STORE_KEYS_FILE : .+chmod 600/) },
    ]);
  });

  test('names each password whose key is gone, and the journal that nobody can answer for without it', async () => {
    await admin.looks(({ installations }) => installations.keep('T0ONE', new Secret('xoxb-one')));
    rmSync(admin.env.STORE_KEYS_FILE ?? '');
    await admin.types('keys', 'generate');
    expect((await examine(admin)).failed).toMatchObject([
      { check: 'enregistrements', text: expect.stringMatching(/account\/[^;]+STORE_KEYS_FILE\) ; remettez/) },
      { check: 'mots de passe', text: expect.stringContaining(`credential/${ID}`) },
      { check: 'journal', text: expect.stringContaining('STORE_KEYS_FILE') },
    ]);
    await admin.types('keys', 'rotate', '--accept-all');
    expect((await examine(admin)).failed).toMatchObject([
      { check: 'mots de passe', text: expect.stringContaining(`${ID} (current), Slack T0ONE ;`) },
      { check: 'journal', text: expect.stringContaining('STORE_KEYS_FILE') },
    ]);
    expect(await admin.types('credential', 'show', '--login', LOGIN)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^STORE_URL : ce qui est scellé pour tech_1_\S+ \(credential\) ne s’ouvre pas : .+ STORE_KEYS_FILE ; /,
      ),
    });
  });

  test('names each record that does not verify, and looks at the others all the same', async () => {
    const changed = `credential/${ID}`;
    await tamper(admin, changed, (value) => ({ ...value, content: { last: 0, setAside: [] } }));
    await tamper(admin, `account/${ID}`, ({ content }) => content);
    const { failed, checks } = await examine(admin);
    expect(failed).toMatchObject([
      {
        check: 'enregistrements',
        text: expect.stringContaining(
          `${changed} (modifiés ou déplacés hors du bot) ; account/${ID} (sans signature) ; cherchez`,
        ),
      },
      { check: 'mots de passe', text: expect.stringContaining(changed) },
    ]);
    expect(checks).toContain('comptes');
    const backup = await admin.types('backup', join(admin.folder, 'backup'));
    expect(backup).toMatchObject({ code: 1, err: expect.stringContaining(changed) });
    expect(await admin.types('account', 'list')).toMatchObject({ code: 0 });
    expect(await admin.types('account', 'show', '--login', LOGIN)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^STORE_URL : ne se vérifient pas[^\n]+account\/[^\n]+--accept[^\n]+$/),
    });
    expect(
      await admin.types('keys', 'rotate', '--accept', changed, '--accept', `account/${ID}`),
    ).toMatchObject({
      code: 0,
    });
    expect((await examine(admin)).failed).toEqual([]);
  });

  test('sees a manager who does not find the account any more, and its cure works', async () => {
    await admin.looks(async ({ store }) => {
      const key = `person/${MANAGER}`;
      await store.remove(key, (await store.read(key))?.version ?? 0);
    });
    const { failed } = await examine(admin);
    expect(failed).toMatchObject([{ check: 'comptes' }]);
    const [, cure = ''] = /« (.+) »/.exec(failed[0]?.text ?? '') ?? [];
    expect(await admin.types(...cure.split(' '))).toMatchObject({ code: 0 });
    expect((await examine(admin)).failed).toEqual([]);
  });

  test('sees a journal that was changed', async () => {
    await admin.looks(async ({ store }) => {
      const head = await store.read<object>('journal/head');
      await store.write('journal/head', { ...head?.value, hash: '' }, head?.version ?? 0);
    });
    expect((await examine(admin)).failed).toMatchObject([{ check: 'journal' }]);
  });

  test('sees a journal whose end nobody has signed, and what to do', async () => {
    await admin.looks(async ({ store }) => {
      const head = await store.read<object>('journal/head');
      await store.write('journal/head', { ...head?.value, signature: undefined }, head?.version ?? 0);
    });
    expect((await examine(admin)).failed).toMatchObject([
      { check: 'journal', text: expect.stringContaining('« journal sign »') },
    ]);
  });

  test('sees a clock that is behind the journal', async () => {
    admin.now = new Date(admin.now.getTime() - 3_600_000);
    expect((await examine(admin)).failed).toMatchObject([{ check: 'horloge' }]);
  });

  test('with --online finds nothing where PISTE knows the application and the clocks agree', async () => {
    const simulator = await startSimulator({ ...demoSeed(new Date()), piste: PISTE });
    const { tokenUrl, apiUrl } = simulator;
    Object.assign(admin.env, {
      CHORUS_TOKEN_URL: tokenUrl,
      CHORUS_API_URL: apiUrl,
      PISTE_CLIENT_ID: PISTE.clientId,
      PISTE_CLIENT_SECRET: PISTE.clientSecret,
    });
    expect((await examine(admin, '--online')).failed).toMatchObject([{ check: 'horloge, vue de PISTE' }]);
    admin.now = new Date();
    expect((await examine(admin, '--online')).failed).toEqual([]);
    admin.env.PISTE_CLIENT_SECRET = 'wrong';
    expect((await examine(admin, '--online')).failed).toMatchObject([
      { check: 'PISTE', text: expect.stringContaining('PISTE_CLIENT_SECRET') },
    ]);
    await simulator.close();
  });

  test('with --login tests the password in use, tells support what it asks for, and counts the attempts', async () => {
    const { login, siret, password } = MAIN_ACCOUNT;
    const simulator = await startSimulator({ ...demoSeed(new Date()), piste: PISTE });
    Object.assign(admin.env, {
      CHORUS_TOKEN_URL: simulator.tokenUrl,
      CHORUS_API_URL: simulator.apiUrl,
      PISTE_CLIENT_ID: PISTE.clientId,
      PISTE_CLIENT_SECRET: PISTE.clientSecret,
    });
    admin.now = new Date();
    const add = [
      'account',
      'add',
      '--login',
      login,
      '--siret',
      siret,
      '--name',
      'Mairie',
      '--manager',
      MANAGER,
    ];
    await admin.types(...add);
    await admin.keeps(password, 'current', accountId(login));
    const whole = await admin.types('doctor', '--online', '--login', login);
    expect(whole.out).toMatch(/✓ connexion de TECH_1_SAUBIN71MAIRIE@cpro\.fr : Chorus Pro accepte/);
    expect(whole.out).toMatch(/class="accepted" status=200 .*durationMs=\d+ environment="production"/);
    expect((await admin.types('account', 'verify', '--login', login)).out).toContain(siret);

    await admin.keeps('canary-of-a-password', 'current', accountId(login));
    const refused = await admin.types('account', 'verify', '--login', login, '--json');
    expect(JSON.parse(refused.out)).toMatchObject({ class: 'refused: technical account', status: 401 });
    expect(refused.code).toBe(1);
    const { failed } = await examine(admin, '--online', '--login', login);
    expect(failed).toMatchObject([{ text: expect.stringContaining('refusé le compte technique') }]);
    for (let i = 0; i < 3; i++) await admin.types('account', 'verify', '--login', login);
    const calls = simulator.seen.get('/cpro/utilisateurs/v1/monCompte/recuperer/rattachements');
    const spent = await admin.types('account', 'verify', '--login', login);
    expect(spent.err).toContain('assez souvent');
    expect(simulator.seen.get('/cpro/utilisateurs/v1/monCompte/recuperer/rattachements')).toBe(calls);
    const { out } = await admin.types('journal', 'show', '--json');
    expect(out).toContain('connectionTested version');
    expect([whole.out, refused.out, refused.err, JSON.stringify(failed), out].join()).not.toContain('canary');
    expect((await admin.types('doctor', '--login', login)).err).toContain('--online');
    await simulator.close();
  });

  test('with --online tells when PISTE cannot be reached', async () => {
    Object.assign(admin.env, {
      CHORUS_TOKEN_URL: 'http://127.0.0.1:1',
      CHORUS_API_URL: 'http://127.0.0.1:1',
    });
    expect((await examine(admin, '--online')).failed).toMatchObject([
      { check: 'PISTE', text: expect.stringContaining('unreachable') },
      { check: 'horloge, vue de PISTE' },
    ]);
  });
});

describe('doctor, on a Redis', () => {
  test('that may lose what it acknowledged says so, and accepts it only where it was told to', async () => {
    const volatile = await RedisServer.start('--save', '');
    const admin = new Admin('LMDB');
    Object.assign(admin.env, BOT);
    await admin.types('keys', 'generate');
    admin.env.STORE_URL = volatile.url;
    expect((await examine(admin)).failed).toMatchObject([
      { check: 'coffre', text: expect.stringContaining('appendonly yes') },
    ]);
    admin.env.ALLOW_VOLATILE_REDIS = '1';
    expect((await examine(admin)).failed).toEqual([]);
    await volatile.stop();
  });

  test('that is down says so', async () => {
    const admin = new Admin('LMDB');
    Object.assign(admin.env, BOT);
    await admin.types('keys', 'generate');
    admin.env.STORE_URL = 'redis://:canary@127.0.0.1:1';
    const { failed, checks } = await examine(admin);
    expect(failed).toMatchObject([{ check: 'coffre', text: expect.stringContaining('(ECONNREFUSED) ; ') }]);
    expect(failed[0]?.text).not.toContain('canary');
    expect(checks).not.toContain('journal');
  });
});
