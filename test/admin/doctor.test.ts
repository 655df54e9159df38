import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { demoSeed, MAIN_ACCOUNT, PISTE } from '../../demo/chorus/seed.ts';
import { startSimulator } from '../../demo/chorus/simulator.ts';
import { SCOPES } from '../../src/bot/slack/oauth.ts';
import { Secret } from '../../src/secret.ts';
import { accountId } from '../../src/store/accounts.ts';
import { type FakeSlack, startSlack, TOKENS } from '../slack/fake-slack.ts';
import { RedisServer } from '../store/redis-server.ts';
import { ADD, Admin, drivers, ID, LOGIN, MANAGER, TENANT, tamper } from './shell.ts';

const BOT = {
  CHORUS_ENVIRONMENT: 'production',
  PISTE_CLIENT_ID: 'piste-id',
  PISTE_CLIENT_SECRET: 'piste-secret',
  SLACK_BOT_TOKEN: 'xoxb-token',
  SLACK_SIGNING_SECRET: 'slack-secret',
  MicrosoftAppId: '11111111-1111-4111-8111-111111111111',
  MicrosoftAppPassword: 'app-secret',
  MicrosoftAppTenantId: TENANT,
  ALLOWED_TENANTS: 'T0001',
  ADMINS: 'slack:T0001:U0001',
  // Nobody listens there: what is asked of Microsoft and Slack never leaves this machine.
  HTTPS_PROXY: 'http://127.0.0.1:9',
};

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly warning?: true;
  readonly text: string;
}

async function examine(admin: Admin, ...options: string[]) {
  const { code, out } = await admin.types('doctor', '--json', ...options);
  const findings: Finding[] = JSON.parse(out);
  return {
    code,
    failed: findings.filter(({ ok }) => !ok),
    warnings: findings.filter(({ warning }) => warning === true).map(({ text }) => text),
    checks: findings.map(({ check }) => check),
  };
}

/** Of the platforms, as nobody answers. */
const UNANSWERED = [
  { check: 'MicrosoftAppPassword', text: expect.stringMatching(/^pas de réponse \(/) },
  { check: 'clés de Teams', text: expect.stringMatching(/^pas de réponse \(/) },
  { check: 'SLACK_BOT_TOKEN', text: expect.stringMatching(/^pas de réponse \(/) },
];

describe.each(Object.keys(drivers))('doctor, on %s', (driver) => {
  let admin: Admin;
  beforeEach(async () => {
    admin = new Admin(driver);
    Object.assign(admin.env, BOT);
    await admin.types('keys', 'generate');
    await admin.types(...ADD);
    await admin.keeps();
    await admin.looks(({ store }) => store.write(`place/${MANAGER}`, { name: 'Camille' }, 0));
  });

  test('finds nothing where all is well', async () => {
    const checks = 'configuration,clés,coffre,enregistrements,mots de passe,comptes,journal,horloge'.split(
      ',',
    );
    expect(await examine(admin)).toEqual({ code: 0, failed: [], warnings: [], checks });
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
    expect((await examine(admin, '--online')).failed).toMatchObject([
      { check: 'horloge, vue de PISTE' },
      ...UNANSWERED,
    ]);
    admin.now = new Date();
    expect((await examine(admin, '--online')).failed).toMatchObject(UNANSWERED);
    admin.env.PISTE_CLIENT_SECRET = 'wrong';
    expect((await examine(admin, '--online')).failed).toMatchObject([
      { check: 'PISTE', text: expect.stringContaining('PISTE_CLIENT_SECRET') },
      ...UNANSWERED,
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
    expect(failed).toMatchObject([...UNANSWERED, { text: expect.stringContaining('du compte technique') }]);
    for (let i = 0; i < 3; i++) await admin.types('account', 'verify', '--login', login);
    const calls = simulator.seen.get('/cpro/utilisateurs/v1/monCompte/recuperer/rattachements');
    const spent = await admin.types('account', 'verify', '--login', login);
    expect(spent.err).toContain('déjà été essayé plusieurs fois');
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
      ...UNANSWERED,
    ]);
  });

  test('warns of whoever the bot does not answer, has never heard of, and of nobody to tell', async () => {
    Object.assign(admin.env, {
      ADMINS: '',
      SLACK_BOT_TOKEN: '',
      SLACK_SIGNING_SECRET: '',
      ALLOWED_TENANTS: '',
    });
    await admin.types('account', 'set', '--login', LOGIN, '--deputy', 'slack:T0001:U0002');
    await admin.types('account', 'set', '--login', LOGIN, '--manager', `teams:${TENANT}:other`);
    const { code, failed, warnings } = await examine(admin);
    expect([code, failed]).toEqual([0, []]);
    expect(warnings).toEqual([
      expect.stringMatching(/^ADMINS est vide/),
      expect.stringMatching(/^le bot ne répond pas à slack:T0001:U0002 :/),
      expect.stringMatching(new RegExp(`^n’ont jamais écrit au bot : teams:${TENANT}:other ;`)),
    ]);
    const { out } = await admin.types('doctor');
    expect(out.split('\n').filter((line) => line.startsWith('! à savoir : '))).toHaveLength(3);
  });

  test('warns of a bot that has written nothing to its journal for a month', async () => {
    admin.now = new Date(admin.now.getTime() + 32 * 24 * 3_600_000);
    expect((await examine(admin)).warnings).toEqual([expect.stringContaining('depuis un mois')]);
  });
});

describe('doctor --online about Slack', () => {
  let admin: Admin;
  let slack: FakeSlack;
  beforeEach(async () => {
    slack = await startSlack();
    admin = new Admin('LMDB');
    const { MicrosoftAppId: _a, MicrosoftAppPassword: _b, MicrosoftAppTenantId: _c, ...slackAlone } = BOT;
    Object.assign(admin.env, slackAlone, {
      SLACK_BOT_TOKEN: TOKENS.bot,
      SLACK_APP_TOKEN: TOKENS.app,
      SLACK_API_URL: slack.apiUrl,
      CHORUS_TOKEN_URL: 'http://127.0.0.1:1',
      CHORUS_API_URL: 'http://127.0.0.1:1',
    });
    await admin.types('keys', 'generate');
  });
  afterEach(() => slack.close());

  const ofSlack = async () => {
    const { out } = await admin.types('doctor', '--online', '--json');
    return (JSON.parse(out) as Finding[])
      .filter(({ check }) => check.startsWith('SLACK_'))
      .map(({ check, ok, text }) => `${ok ? '✓' : '✗'} ${check} : ${text}`);
  };

  test('both tokens are accepted', async () => {
    expect(await ofSlack()).toEqual([
      '✓ SLACK_BOT_TOKEN : Slack l’accepte, et l’application a tous les droits qu’il faut',
      '✓ SLACK_APP_TOKEN : Slack l’accepte',
    ]);
  });

  test('a right that the application lacks is named, with what to do', async () => {
    slack.scopes = SCOPES.filter((scope) => scope !== 'users:read');
    expect(await ofSlack()).toEqual([
      expect.stringMatching(
        /^✗ SLACK_BOT_TOKEN : il manque à l’application les droits users:read ; reprenez/,
      ),
      expect.stringMatching(/^✓/),
    ]);
  });

  test('tokens that Slack refuses are named, with its word', async () => {
    admin.env.SLACK_BOT_TOKEN = 'xoxb-wrong';
    admin.env.SLACK_APP_TOKEN = 'xapp-wrong';
    expect(await ofSlack()).toEqual([
      expect.stringMatching(/^✗ SLACK_BOT_TOKEN : refusé \(invalid_auth\) ; copiez/),
      expect.stringMatching(/^✗ SLACK_APP_TOKEN : refusé \(invalid_auth\) ; créez/),
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
