import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addSealingKey } from '../../src/store/keys.ts';
import { until } from '../until.ts';

const folder = mkdtempSync(join(tmpdir(), 'start-'));
const keysFile = join(folder, 'keys.json');

const COMMON = {
  CHORUS_ENVIRONMENT: 'sandbox',
  PISTE_CLIENT_ID: 'piste-client',
  PISTE_CLIENT_SECRET: 'canary-piste-secret',
  STORE_URL: `lmdb:${join(folder, 'store')}`,
  STORE_KEYS_FILE: keysFile,
  PORT: '0',
  // Nobody listens there: what the bot asks of Microsoft and Slack never leaves this machine.
  HTTPS_PROXY: 'http://127.0.0.1:9',
};
/** All that `npm start` needs, for a Teams bot. */
const COMPLETE = {
  ...COMMON,
  MicrosoftAppId: '11111111-1111-4111-8111-111111111111',
  MicrosoftAppPassword: 'canary-app-password',
  MicrosoftAppTenantId: '22222222-2222-4222-8222-222222222222',
};
const SLACK_ALONE = {
  ...COMMON,
  SLACK_BOT_TOKEN: 'xoxb-canary-token',
  SLACK_SIGNING_SECRET: 'canary-signing-secret',
  ALLOWED_TENANTS: 'T0001',
};

const running: ChildProcess[] = [];

interface Started {
  readonly process: ChildProcess;
  /** All of it, on both outputs. */
  printed(): string;
  /** What stands on standard error. */
  refusal(): string;
  /** What stands on standard output. */
  lines(): Record<string, unknown>[];
}

/** The bot as `npm start` runs it, with this environment and no other; by default in a folder without a `.env`. */
function start(env: Record<string, string | undefined>, cwd = folder): Started {
  const entry = join(process.cwd(), 'dist/build/src/main.js');
  const child = spawn('node', [entry], { cwd, env: { PATH: process.env.PATH, ...env } });
  running.push(child);
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (part: Buffer) => {
      printed[name] += part.toString();
    });
  }
  return {
    process: child,
    printed: () => printed.stdout + printed.stderr,
    refusal: () => printed.stderr,
    lines: () =>
      printed.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
  };
}

async function stop(bot: Started): Promise<void> {
  bot.process.kill('SIGTERM');
  expect(await once(bot.process, 'close')).toEqual([0, null]);
}

async function readyOf(bot: ReturnType<typeof start>): Promise<void> {
  await until(() => bot.printed().includes('"event":"ready"'), bot.printed);
}

beforeAll(async () => {
  await addSealingKey(keysFile);
});

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe('a start', () => {
  test('with everything it needs is ready, answers nobody without a token, and stops in peace', async () => {
    const bot = start(COMPLETE);
    await readyOf(bot);
    const url = `http://127.0.0.1:${/"port":(\d+)/.exec(bot.printed())?.[1]}`;
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ok' });
    const activity = {
      type: 'message',
      text: 'bonjour',
      channelId: 'msteams',
      serviceUrl: 'https://smba.trafficmanager.net/emea/',
      from: { id: '29:x' },
      recipient: { id: '28:b' },
      conversation: { id: 'a:1' },
    };
    const response = await fetch(`${url}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(activity),
    });
    expect(response.status).toBe(401);
    bot.process.kill('SIGTERM');
    const [code] = await once(bot.process, 'exit');
    expect(code).toBe(0);
    expect(bot.printed()).not.toContain('canary');
  });

  test('leaves none of its secrets where Node’s diagnostic report would show them', async () => {
    const report = join(folder, 'report.json');
    const bot = start({ ...COMPLETE, NODE_OPTIONS: `--report-on-signal --report-filename=${report}` });
    await readyOf(bot);
    bot.process.kill('SIGUSR2');
    await until(() => bot.printed().includes('report completed'), bot.printed);
    const written = readFileSync(report, 'utf8');
    expect(JSON.parse(written).environmentVariables).toMatchObject({ STORE_KEYS_FILE: keysFile });
    expect(written).not.toContain('canary');
    bot.process.kill('SIGTERM');
    await once(bot.process, 'exit');
  });

  test.each<[string, Record<string, string | undefined>, RegExp]>([
    [
      'without a platform',
      { MicrosoftAppId: '', MicrosoftAppPassword: '', MicrosoftAppTenantId: '' },
      /MicrosoftAppId/,
    ],
    [
      'without the password of the application',
      { MicrosoftAppPassword: undefined },
      /^MicrosoftAppPassword manque/,
    ],
    ['without the tenant', { MicrosoftAppTenantId: undefined }, /^MicrosoftAppTenantId manque/],
    ['with another Chorus Pro', { CHORUS_ENVIRONMENT: 'prod' }, /^CHORUS_ENVIRONMENT ne convient pas/],
    ['without PISTE', { PISTE_CLIENT_SECRET: undefined }, /^PISTE_CLIENT_SECRET manque/],
    ['with a port that is none', { PORT: '70000' }, /^PORT ne convient pas/],
    ['without keys', { STORE_KEYS_FILE: join(folder, 'none.json') }, /STORE_KEYS_FILE.*keys generate/],
    ['with a store that is none', { STORE_URL: 'mysql://x' }, /^STORE_URL/],
    [
      'with a Redis that is not there',
      { STORE_URL: 'redis://127.0.0.1:1' },
      /^STORE_URL : .*\(ECONNREFUSED\) ; vérifiez/,
    ],
  ])(
    '%s stops with one line that names the variable and the cure',
    async (_what, change, line) => {
      const env = Object.fromEntries(
        Object.entries({ ...COMPLETE, ...change }).filter(([, value]) => value !== undefined),
      );
      const bot = start(env);
      const [code] = await once(bot.process, 'exit');
      expect(code).toBe(1);
      expect(bot.printed().trim().split('\n')).toHaveLength(1);
      expect(bot.printed()).toMatch(line);
      expect(bot.printed()).not.toContain('canary');
    },
    20_000,
  );

  test.each<[string, Record<string, string>, string, string]>([
    ['Slack', SLACK_ALONE, '@slack/bolt', 'botbuilder'],
    ['Teams', COMPLETE, 'botbuilder', '@slack/bolt'],
  ])(
    'with %s alone loads its own library, and not the other one',
    async (_what, env, own, other) => {
      const preload = join(folder, 'tell-what-is-loaded.cjs');
      writeFileSync(
        preload,
        "process.on('exit', () => require('node:fs').writeSync(1, Object.keys(require.cache).join('\\n')));",
      );
      const bot = start({ ...env, NODE_OPTIONS: `--require ${preload}` });
      await readyOf(bot);
      bot.process.kill('SIGTERM');
      await once(bot.process, 'close');
      expect(bot.printed()).toContain(`/node_modules/${own}/`);
      expect(bot.printed()).not.toContain(`/node_modules/${other}/`);
    },
    20_000,
  );

  test('with a file of keys that others may read stops, and says how to mend it', async () => {
    chmodSync(keysFile, 0o644);
    const bot = start(COMPLETE);
    const [code] = await once(bot.process, 'exit');
    chmodSync(keysFile, 0o600);
    expect(code).toBe(1);
    expect(bot.printed()).toMatch(/STORE_KEYS_FILE.*chmod 600/);
  });

  test('with a .env that others may read stops, and says how to mend it; with one of its own it reads it', async () => {
    const own = mkdtempSync(join(folder, 'env-'));
    const env = { ...COMPLETE, STORE_URL: `lmdb:${join(own, 'store')}` };
    writeFileSync(
      join(own, '.env'),
      Object.entries(env)
        .map((pair) => pair.join('='))
        .join('\n'),
    );
    chmodSync(join(own, '.env'), 0o644);
    const refused = start({}, own);
    const [code] = await once(refused.process, 'close');
    expect(code).toBe(1);
    expect(refused.printed()).toBe(
      '.env : d’autres que vous peuvent le lire, et il contient des secrets ; lancez « chmod 600 .env »\n',
    );
    chmodSync(join(own, '.env'), 0o600);
    const bot = start({}, own);
    await readyOf(bot);
    await stop(bot);
  });

  test('with several wrong values names all of them, one line each', async () => {
    const env = { ...COMPLETE, PORT: '70000', CHORUS_ENVIRONMENT: 'canary', PISTE_CLIENT_SECRET: '' };
    const bot = start(env);
    const [code] = await once(bot.process, 'close');
    expect(code).toBe(1);
    const lines = bot.printed().trim().split('\n');
    expect(lines.map((line) => line.split(' : ')[0])).toEqual([
      'CHORUS_ENVIRONMENT ne convient pas',
      'PISTE_CLIENT_SECRET manque',
      'PORT ne convient pas',
    ]);
    expect(bot.printed()).not.toContain('canary');
  });

  test('takes its secrets from files', async () => {
    const { MicrosoftAppPassword, PISTE_CLIENT_SECRET, ...env } = COMPLETE;
    const secrets = { MicrosoftAppPassword, PISTE_CLIENT_SECRET };
    const files = Object.entries(secrets).map(([name, text]): [string, string] => {
      const file = join(folder, name);
      writeFileSync(file, `${text}\n`, { mode: 0o440 });
      return [`${name}_FILE`, file];
    });
    const bot = start({ ...env, ...Object.fromEntries(files) });
    await readyOf(bot);
    await stop(bot);
  });

  test('on a port that is taken, or an address of another machine, stops with the line that names the variable', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    for (const [env, line] of [
      [
        { HOST: '127.0.0.1', PORT: String(port) },
        `PORT : le port ${port} est déjà pris sur cette machine ; `,
      ],
      [{ HOST: '192.0.2.1' }, 'HOST : cette machine n’a pas cette adresse ; '],
    ] as const) {
      const bot = start({ ...COMPLETE, ...env });
      const [code] = await once(bot.process, 'close');
      expect([code, bot.refusal()]).toEqual([1, expect.stringMatching(new RegExp(`^${line}.+\n$`))]);
    }
    other.close();
  });

  test('makes its files for its owner alone, and closes a folder of data that others could open, and says so', async () => {
    const data = join(folder, 'open-data');
    mkdirSync(data);
    chmodSync(data, 0o755);
    const bot = start({ ...COMPLETE, STORE_URL: `lmdb:${data}` });
    await readyOf(bot);
    await stop(bot);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    const files = readdirSync(data).map((name) => statSync(join(data, name)).mode & 0o777);
    expect(files).toEqual([0o600, 0o600]);
    expect(bot.lines()).toContainEqual(
      expect.objectContaining({ event: 'store.closedToOthers', reason: data }),
    );
  });
});

describe('all that the process prints is lines of JSON', () => {
  /** What a library may do within the process; at a signal, so that the bot has started. */
  const MISCHIEF = `process.on('SIGUSR2', () => {
    console.log('plain words', { token: 'canary' });
    console.error(new Error('canary'));
    console.warn('Error finding key for token. Available keys: {"kid":"canary-1"}');
    process.stdout.write('written canary2\\n');
    process.stderr.write('also written\\n');
    process.emitWarning('canary', 'DeprecationWarning', 'DEP0999');
    Promise.reject(undefined);
    Promise.reject(new TypeError('canary'));
    setTimeout(() => { throw Object.assign(new Error('canary'), { code: 'EBAD' }); }, 100);
  });`;

  test('whatever a library prints, warns of, rejects or throws; an exception ends it, and nothing else', async () => {
    const preload = join(folder, 'mischief.cjs');
    writeFileSync(preload, MISCHIEF);
    const bot = start({ ...COMPLETE, NODE_OPTIONS: `--require ${preload}` });
    await readyOf(bot);
    bot.process.kill('SIGUSR2');
    const [code] = await once(bot.process, 'close');
    expect(code).toBe(1);
    expect(bot.refusal()).toBe('');
    expect(bot.printed()).not.toContain('canary');
    const lines = bot.lines().map(({ event, error, code, reason }) => ({ event, error, code, reason }));
    expect(lines).toMatchObject([
      { event: 'ready' },
      { event: 'library.printed', error: 'object', reason: 'plain words' },
      { event: 'library.printed', error: 'Error' },
      { event: 'library.printed', reason: 'Error finding key for token. Available keys: …' },
      { event: 'library.printed', reason: 'written …' },
      { event: 'library.printed', reason: 'also written' },
      { event: 'process.warning', error: 'DeprecationWarning', code: 'DEP0999' },
      { event: 'unhandled', error: 'undefined' },
      { event: 'unhandled', error: 'TypeError' },
      { event: 'uncaught', error: 'Error', code: 'EBAD' },
    ]);
  });
});
