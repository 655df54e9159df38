import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type Name, SECRETS, VARIABLES } from '../src/config/variables.ts';
import {
  forgetSecrets,
  loadConfig,
  loadManifestConfig,
  loadStoreConfig,
  readEnvFile,
} from '../src/config.ts';
import { Refusal } from '../src/refusal.ts';

const TENANT = '7d1f3c52-0a4b-4e0f-9c55-2f3d8c1b9a10';
const CANARY = 'goZckgkKevikl';

const COMMON = {
  CHORUS_ENVIRONMENT: 'sandbox',
  PISTE_CLIENT_ID: 'piste-id',
  PISTE_CLIENT_SECRET: 'piste-secret',
  STORE_KEYS_FILE: '/etc/chorus/keys.json',
};
const TEAMS = {
  ...COMMON,
  MicrosoftAppId: '3b0c9a52-6d6e-4f57-8d6b-1c2f0d7e4a21',
  MicrosoftAppPassword: 'teams-secret',
  MicrosoftAppTenantId: TENANT,
};
const SLACK = {
  ...COMMON,
  SLACK_BOT_TOKEN: 'xoxb-token',
  SLACK_SIGNING_SECRET: 'slack-secret',
  ALLOWED_TENANTS: 'T0001',
};

const OAUTH = {
  ...COMMON,
  SLACK_CLIENT_ID: '123.456',
  SLACK_CLIENT_SECRET: 'client-secret',
  SLACK_SIGNING_SECRET: 'slack-secret',
  PUBLIC_URL: 'https://bot.saubin.example',
  ALLOWED_TENANTS: 'T0001 E0002',
};

/** The lines with which the start stops. */
function refusal(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof Refusal) return error.lines;
    throw error;
  }
  throw new Error('the environment was accepted');
}

/** `env` without these variables. */
function without(env: NodeJS.ProcessEnv, ...names: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

describe('a right environment', () => {
  test('for Teams needs nothing more than its three variables, PISTE, and the keys', () => {
    const config = loadConfig(TEAMS);
    expect(config.teams).toMatchObject({ appType: 'SingleTenant', tenantId: TENANT });
    expect(config.slack).toBeUndefined();
    expect(config.port).toBe(3978);
    expect(config.host).toBe('0.0.0.0');
    expect(config.logLevel).toBe('info');
    expect(config.publicUrl).toBeUndefined();
    expect(config.store.url.reveal()).toBe('lmdb:./data');
    expect(config.store.allowVolatileRedis).toBe(false);
    expect(config.chorus.apiUrl).toBe('https://sandbox-api.piste.gouv.fr');
  });

  test('with a single Teams tenant serves that tenant unasked', () => {
    expect([...loadConfig(TEAMS).allowedTenants]).toEqual([TENANT]);
    const both = loadConfig({ ...TEAMS, ...SLACK });
    expect([...both.allowedTenants]).toEqual([TENANT, 'T0001']);
  });

  test('for a managed identity has no password', () => {
    const managed = { ...without(TEAMS, 'MicrosoftAppPassword'), MicrosoftAppType: 'UserAssignedMSI' };
    expect(loadConfig(managed).teams?.appPassword).toBeUndefined();
  });

  test('for Slack receives events over HTTP, or over the web socket where there is an app token', () => {
    expect(loadConfig(SLACK).slack?.events.mode).toBe('http');
    const socket = { ...without(SLACK, 'SLACK_SIGNING_SECRET'), SLACK_APP_TOKEN: 'xapp-token' };
    expect(loadConfig(socket).slack?.events.mode).toBe('socket');
  });

  test('may replace the addresses of Chorus Pro, and then names no environment', () => {
    const addresses = {
      CHORUS_TOKEN_URL: 'http://127.0.0.1:4000/token',
      CHORUS_API_URL: 'http://127.0.0.1:4000',
    };
    const { chorus } = loadConfig({ ...without(TEAMS, 'CHORUS_ENVIRONMENT'), ...addresses });
    expect(chorus).toMatchObject({
      tokenUrl: 'http://127.0.0.1:4000/token',
      apiUrl: 'http://127.0.0.1:4000',
    });
  });

  test('lists people and tenants with commas, spaces and either case', () => {
    const config = loadConfig({
      ...TEAMS,
      ...SLACK,
      ADMINS: `teams:${TENANT.toUpperCase()}:ABC, slack:T0001:U0001`,
      ALLOWED_TENANTS: `${TENANT.toUpperCase()}\tT0001,  E0002`,
    });
    expect(config.admins).toEqual([`teams:${TENANT}:abc`, 'slack:T0001:U0001']);
    expect([...config.allowedTenants]).toEqual([TENANT, 'T0001', 'E0002']);
  });

  test('treats an empty variable as one that is not there', () => {
    expect(loadConfig({ ...TEAMS, PORT: '', SLACK_BOT_TOKEN: '  ' })).toMatchObject({
      port: 3978,
      slack: undefined,
    });
  });

  test('keeps every secret out of what can be printed', () => {
    const config = loadConfig({
      ...TEAMS,
      ...SLACK,
      STORE_URL: `redis://:${CANARY}@localhost`,
      MicrosoftAppPassword: CANARY,
      SLACK_BOT_TOKEN: `xoxb-${CANARY}`,
      SLACK_SIGNING_SECRET: CANARY,
      PISTE_CLIENT_SECRET: CANARY,
    });
    expect(inspect(config, { depth: null, showHidden: true }) + JSON.stringify(config)).not.toContain(CANARY);
  });

  test('is enough for the store without a platform, and for the Teams package with its id and who runs the bot', () => {
    expect(loadStoreConfig({ STORE_KEYS_FILE: 'keys' }).keysFile).toBe('keys');
    const appId = TEAMS.MicrosoftAppId;
    const developer = {
      DEVELOPER_NAME: 'Mairie',
      DEVELOPER_WEBSITE: 'https://saubin.fr/',
      DEVELOPER_PRIVACY_URL: 'https://saubin.fr/confidentialite',
      DEVELOPER_TERMS_URL: 'https://saubin.fr/conditions',
    };
    expect(loadManifestConfig({ MicrosoftAppId: appId, ...developer })).toMatchObject({
      appId,
      publicUrl: undefined,
      developer: { name: 'Mairie', termsOfUseUrl: 'https://saubin.fr/conditions' },
    });
  });
});

test('Slack for several workspaces needs the application and its address, and no token', () => {
  expect(loadConfig(OAUTH).slack).toMatchObject({
    oauth: { clientId: '123.456', publicUrl: 'https://bot.saubin.example' },
    events: { mode: 'http' },
  });
});

describe('a wrong environment is refused with the line', () => {
  const lines: readonly [string, NodeJS.ProcessEnv, string][] = [
    [
      'no platform',
      COMMON,
      'MicrosoftAppId et SLACK_BOT_TOKEN manquent : mettez dans .env ce qu’il faut pour Teams ou pour Slack',
    ],
    [
      'no environment',
      without(TEAMS, 'CHORUS_ENVIRONMENT'),
      'CHORUS_ENVIRONMENT manque : mettez dans .env « sandbox » ou « production »',
    ],
    [
      'only one of the two addresses, and no environment',
      { ...without(TEAMS, 'CHORUS_ENVIRONMENT'), CHORUS_API_URL: 'https://example.org' },
      'CHORUS_ENVIRONMENT manque : mettez dans .env « sandbox » ou « production »',
    ],
    [
      'another environment',
      { ...TEAMS, CHORUS_ENVIRONMENT: 'prod' },
      'CHORUS_ENVIRONMENT ne convient pas : mettez dans .env « sandbox » ou « production »',
    ],
    [
      'no tenant',
      without(TEAMS, 'MicrosoftAppTenantId'),
      'MicrosoftAppTenantId manque : mettez dans .env l’identifiant (GUID) de votre locataire Microsoft 365',
    ],
    [
      'a placeholder for the application',
      { ...TEAMS, MicrosoftAppId: '00000000-0000-0000-0000-000000000000' },
      'MicrosoftAppId ne convient pas : mettez dans .env l’identifiant (GUID) de votre application Microsoft Entra',
    ],
    [
      'no signing secret',
      without(SLACK, 'SLACK_SIGNING_SECRET'),
      'SLACK_SIGNING_SECRET manque : mettez dans .env le « Signing Secret » de votre application Slack (ou SLACK_APP_TOKEN, pour Socket Mode)',
    ],
    [
      'an OAuth application without its secret',
      without(OAUTH, 'SLACK_CLIENT_SECRET'),
      'SLACK_CLIENT_SECRET manque : mettez dans .env le « Client Secret » de votre application Slack',
    ],
    [
      'an OAuth application that no browser reaches',
      without(OAUTH, 'PUBLIC_URL'),
      'PUBLIC_URL manque : mettez dans .env l’adresse https:// (http:// seulement sur cette machine) où le bot est joignable',
    ],
    [
      'an OAuth application beside the token of one workspace',
      { ...OAUTH, SLACK_BOT_TOKEN: 'xoxb-token' },
      'SLACK_BOT_TOKEN ne va pas avec SLACK_CLIENT_ID : gardez dans .env l’un (un seul espace Slack) ou l’autre (plusieurs)',
    ],
    [
      'an OAuth application in Socket Mode',
      { ...OAUTH, SLACK_APP_TOKEN: 'xapp-token' },
      'SLACK_APP_TOKEN ne va pas avec SLACK_CLIENT_ID : gardez dans .env l’un (un seul espace Slack) ou l’autre (plusieurs)',
    ],
    [
      'an OAuth application that would serve nobody',
      without(OAUTH, 'ALLOWED_TENANTS'),
      'ALLOWED_TENANTS manque : mettez dans .env les locataires Teams (GUID) et les équipes Slack (T…) à servir, séparés par des virgules',
    ],
    [
      'a user token in place of the bot token',
      { ...SLACK, SLACK_BOT_TOKEN: 'xoxp-token' },
      'SLACK_BOT_TOKEN ne convient pas : mettez dans .env le jeton « xoxb-… » de votre application Slack',
    ],
    [
      'Slack without a team to serve',
      without(SLACK, 'ALLOWED_TENANTS'),
      'ALLOWED_TENANTS manque : mettez dans .env les locataires Teams (GUID) et les équipes Slack (T…) à servir, séparés par des virgules',
    ],
    [
      'several Teams tenants without naming one',
      { ...TEAMS, MicrosoftAppType: 'MultiTenant', ALLOWED_TENANTS: 'T0001' },
      'ALLOWED_TENANTS ne convient pas : mettez dans .env les locataires Teams (GUID) et les équipes Slack (T…) à servir, séparés par des virgules',
    ],
    [
      'a port that is none',
      { ...TEAMS, PORT: '70000' },
      'PORT ne convient pas : mettez dans .env un nombre entier de 0 à 65535',
    ],
    [
      'another kind of store',
      { ...TEAMS, STORE_URL: 'postgres://localhost' },
      'STORE_URL ne convient pas : mettez dans .env « lmdb:<dossier> », « redis://… » ou « rediss://… »',
    ],
    [
      'a password that would cross the network in clear',
      { ...TEAMS, CHORUS_API_URL: 'http://example.org' },
      'CHORUS_API_URL ne convient pas : mettez dans .env une adresse https:// (http:// seulement sur cette machine)',
    ],
    [
      'a Slack address without its last slash',
      { ...SLACK, SLACK_API_URL: 'http://127.0.0.1:4003/api' },
      'SLACK_API_URL ne convient pas : mettez dans .env une adresse https:// (http:// seulement sur cette machine) qui finit par « / »',
    ],
    [
      'a private port that others reach, in clear',
      { ...TEAMS, API_PORT: '8200', API_HOST: '10.0.0.5', API_TLS_CERT_FILE: '/etc/chorus/api.pem' },
      'API_TLS_KEY_FILE manque : mettez dans .env le chemin de la clé de ce certificat, en PEM',
    ],
    [
      'an administrator without a platform',
      { ...TEAMS, ADMINS: 'marie@example.org' },
      'ADMINS ne convient pas : mettez dans .env des « teams:<locataire>:<personne> » ou « slack:<équipe>:<personne> » séparés par des virgules',
    ],
  ];

  test.each(lines)('%s, and no other', (_name, env, line) => {
    expect(refusal(env)).toEqual([line]);
  });

  test('of each variable, without the value that was typed', () => {
    const free = [
      'MicrosoftAppPassword',
      'ToBotFromChannelTokenIssuer',
      'ToChannelFromBotOAuthScope',
      'NO_PROXY',
      'DEVELOPER_NAME',
    ];
    for (const name of Object.keys(VARIABLES.shape)) {
      const tls = { API_TLS_CERT_FILE: '/etc/chorus/api.pem', API_TLS_KEY_FILE: '/etc/chorus/api.key' };
      const env = { ...TEAMS, ...SLACK, ...tls, [name]: `${CANARY} \n!` };
      const lines = accepted(env) ? [] : refusal(env);
      expect(lines.join()).not.toContain(CANARY);
      if (accepted(env))
        expect([...free, ...SECRETS, ...Object.keys(tls), 'PISTE_CLIENT_ID', 'STORE_KEYS_FILE']).toContain(
          name,
        );
      else
        expect(lines).toContainEqual(
          expect.stringMatching(`^${name} ne convient pas : mettez dans \\.env .+$`),
        );
    }
  });
});

function accepted(env: NodeJS.ProcessEnv): boolean {
  try {
    loadConfig(env);
    return true;
  } catch {
    return false;
  }
}

describe('TEAMS_SERVICE_HOSTS', () => {
  const origins = (text: string) => loadConfig({ ...TEAMS, TEAMS_SERVICE_HOSTS: text }).teams?.serviceOrigins;

  test('are hosts or origins; plain HTTP on this machine only', () => {
    expect(
      origins(
        'smba.teams.sovcloud-core.fr, https://SMBA.example:8443 http://127.0.0.1:4000/ http://[::1]:4001',
      ),
    ).toEqual([
      'https://smba.teams.sovcloud-core.fr',
      'https://smba.example:8443',
      'http://127.0.0.1:4000',
      'http://[::1]:4001',
    ]);
    expect(origins('')).toEqual([]);
  });

  test.each([
    'http://smba.example',
    '*.trafficmanager.net',
    'https://*.example',
    'smba',
    'https://user@smba.example',
    'https://:password@smba.example',
    'https://smba.example/teams',
    'https://smba.example?x',
    'https://smba.example#x',
    'ftp://smba.example',
    'https://',
    'smba..example',
  ])('are not %s', (text) => {
    expect(refusal({ ...TEAMS, TEAMS_SERVICE_HOSTS: `smba.example ${text}` })).toEqual([
      expect.stringMatching(/^TEAMS_SERVICE_HOSTS ne convient pas : /),
    ]);
  });
});

describe('several mistakes', () => {
  test('are all told, one line each, in the order of .env.example', () => {
    expect(
      refusal({
        ...without(TEAMS, 'PISTE_CLIENT_ID', 'STORE_KEYS_FILE', 'MicrosoftAppTenantId'),
        LOG_LEVEL: 'loud',
        PORT: '-1',
        MicrosoftAppId: CANARY,
        PUBLIC_URL: 'http://example.org',
        CHORUS_ENVIRONMENT: 'prod',
      }).map((line) => line.split(' : ', 1)[0]),
    ).toEqual([
      'MicrosoftAppId ne convient pas',
      'MicrosoftAppTenantId manque',
      'CHORUS_ENVIRONMENT ne convient pas',
      'PISTE_CLIENT_ID manque',
      'STORE_KEYS_FILE manque',
      'PORT ne convient pas',
      'PUBLIC_URL ne convient pas',
      'LOG_LEVEL ne convient pas',
    ]);
  });

  test('of every variable at once are as many lines as variables', () => {
    const names = Object.keys(VARIABLES.shape) as Name[];
    const env = Object.fromEntries(names.map((name) => [name, CANARY]));
    const lines = refusal(env);
    const told = lines.map((line) => line.split(' ', 1)[0]);
    expect(new Set(told).size).toBe(told.length);
    expect(told).toEqual(names.filter((name) => told.includes(name)));
    // What may be any text is right.
    const free = names.filter((name) => !told.includes(name));
    expect(free.sort()).toEqual(
      [
        'API_TLS_CERT_FILE',
        'API_TLS_KEY_FILE',
        'DEVELOPER_NAME',
        'MicrosoftAppPassword',
        'NO_PROXY',
        'PISTE_CLIENT_ID',
        'PISTE_CLIENT_SECRET',
        'SLACK_CLIENT_SECRET',
        'SLACK_SIGNING_SECRET',
        'STORE_KEYS_FILE',
        'ToBotFromChannelTokenIssuer',
        'ToChannelFromBotOAuthScope',
      ].sort(),
    );
    expect(lines.join()).not.toContain(CANARY);
  });

  test('a variable that is wrong is not said to be missing as well', () => {
    const env = { ...SLACK, SLACK_SIGNING_SECRET: '', SLACK_APP_TOKEN: CANARY, ALLOWED_TENANTS: '?' };
    expect(refusal(env).map((line) => line.split(' : ', 1)[0])).toEqual([
      'SLACK_APP_TOKEN ne convient pas',
      'ALLOWED_TENANTS ne convient pas',
    ]);
    // What else Teams needs depends on the type, which cannot be read.
    const typed = {
      ...without(TEAMS, 'MicrosoftAppPassword', 'MicrosoftAppTenantId'),
      MicrosoftAppType: 'x',
    };
    expect(refusal(typed)).toEqual([
      'MicrosoftAppType ne convient pas : mettez dans .env « SingleTenant », « MultiTenant » ou « UserAssignedMSI »',
    ]);
  });
});

describe('a secret in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  const file = (name: string, text: string, mode = 0o600) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const all: NodeJS.ProcessEnv = { ...TEAMS, ...SLACK, STORE_URL: 'redis://:pw@localhost' };

  test.each(SECRETS)('may be %s, and is what the variable would be', (name) => {
    const oauth = name === 'SLACK_CLIENT_SECRET';
    const socket = name === 'SLACK_APP_TOKEN';
    const env: NodeJS.ProcessEnv = oauth
      ? OAUTH
      : socket
        ? { ...without(SLACK, 'SLACK_SIGNING_SECRET'), [name]: 'xapp-token' }
        : all;
    const inFile = { ...without(env, name), [`${name}_FILE`]: file(name, ` ${env[name]}\n`) };
    const revealed = (of: NodeJS.ProcessEnv) => loadConfig(of).secrets.map((secret) => secret.reveal());
    expect(revealed(inFile)).toEqual(revealed(env));
    expect(revealed(inFile)).toContain(env[name]);
  });

  test('is refused beside the variable, and where the file cannot be read, is empty, wrong, or open to others', () => {
    const name = 'SLACK_BOT_TOKEN';
    const env = without(SLACK, name);
    const line = (path: string, more: NodeJS.ProcessEnv = {}) =>
      refusal({ ...env, [`${name}_FILE`]: path, ...more }).join('|');
    const right = file('right', 'xoxb-token', 0o400);
    expect(line(right, { [name]: 'xoxb-token' })).toBe(
      'SLACK_BOT_TOKEN et SLACK_BOT_TOKEN_FILE sont donnés tous les deux : gardez dans .env l’un ou l’autre',
    );
    expect(line(join(folder, CANARY))).toBe(
      'SLACK_BOT_TOKEN_FILE : ce fichier ne peut pas être lu ; donnez le chemin d’un fichier que le bot peut lire',
    );
    expect(line(folder)).toMatch(/^SLACK_BOT_TOKEN_FILE : /);
    expect(line(file('empty', ' \n'))).toBe(
      'SLACK_BOT_TOKEN_FILE : ce fichier est vide ; mettez-y le secret, et rien d’autre',
    );
    expect(line(file('wrong', CANARY))).toBe(
      'SLACK_BOT_TOKEN_FILE ne convient pas : mettez dans ce fichier le jeton « xoxb-… » de votre application Slack',
    );
    expect(line(file('open', 'xoxb-token', 0o644))).toBe(
      'SLACK_BOT_TOKEN_FILE : d’autres que le bot peuvent lire ce fichier ; lancez sur lui « chmod 600 »',
    );
  });

  test('may be read by a group of the process’s own, as an orchestrator mounts it', () => {
    const env = {
      ...without(SLACK, 'SLACK_BOT_TOKEN'),
      SLACK_BOT_TOKEN_FILE: file('group', 'xoxb-token', 0o440),
    };
    expect(accepted(env)).toBe(true);
  });
});

test('.env.example names every variable, and the file of every secret, and nothing else', () => {
  const lines = readFileSync('.env.example', 'utf8').split('\n');
  const named = lines.flatMap((line) => /^([A-Za-z_]+)=/.exec(line)?.[1] ?? []);
  const files = SECRETS.map((name) => `${name}_FILE`);
  expect(named.sort()).toEqual([...Object.keys(VARIABLES.shape), ...files].sort());
});

test('.env.example stops the start with a line for each variable when nothing was filled in', () => {
  const lines = readFileSync('.env.example', 'utf8').matchAll(/^([A-Za-z_]+)=(.*)$/gm);
  const env = Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  expect(refusal(env).map((line) => line.split(' ', 1)[0])).toEqual([
    'MicrosoftAppId',
    'CHORUS_ENVIRONMENT',
    'PISTE_CLIENT_ID',
    'PISTE_CLIENT_SECRET',
    'STORE_KEYS_FILE',
  ]);
});

describe('.env', () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  const path = join(folder, '.env');

  test('that is not there is no mistake, one that cannot be read is', () => {
    expect(() => readEnvFile(path)).not.toThrow();
    expect(() => readEnvFile(folder)).toThrow(
      new Refusal(`${folder} ne peut pas être lu : rendez-le lisible pour le bot, ou supprimez-le`),
    );
  });

  test.each([
    [0o600, false],
    [0o400, false],
    [0o640, false],
    [0o604, true],
    [0o602, true],
    [0o644, true],
    [0o660, true],
    [0o666, true],
  ])('with mode %o is refused: %s', (mode, refused) => {
    writeFileSync(path, 'TEST_OF_ENV_FILE=1\n');
    chmodSync(path, mode);
    const read = expect(() => readEnvFile(path));
    if (refused)
      read.toThrow(
        `${path} : d’autres que vous peuvent le lire, et il contient des secrets ; lancez « chmod 600 ${path} »`,
      );
    else read.not.toThrow();
  });
});

test('the secrets leave the environment, and nothing else does', () => {
  const env: NodeJS.ProcessEnv = {
    ...TEAMS,
    ...SLACK,
    SLACK_CLIENT_SECRET: 'client-secret',
    SLACK_APP_TOKEN: 'xapp-token',
    STORE_URL: 'redis://:x@y',
  };
  forgetSecrets(env);
  expect(Object.keys(env).sort()).toEqual([
    'ALLOWED_TENANTS',
    'CHORUS_ENVIRONMENT',
    'MicrosoftAppId',
    'MicrosoftAppTenantId',
    'PISTE_CLIENT_ID',
    'STORE_KEYS_FILE',
  ]);
});

test('nothing but config.ts reads the environment', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  const readers = sources.filter((path) => readFileSync(join('src', path), 'utf8').includes('process.env'));
  expect(readers).toEqual(['config.ts']);
});
