import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** The bot as `npm start` runs it, with this environment and no other. */
function start(env: Record<string, string | undefined>): { process: ChildProcess; printed: () => string } {
  const entry = join(process.cwd(), 'dist/build/src/main.js');
  // From a folder without a `.env`.
  const child = spawn('node', [entry], { cwd: folder, env: { PATH: process.env.PATH, ...env } });
  running.push(child);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (part: Buffer) => {
      printed += part.toString();
    });
  }
  return { process: child, printed: () => printed };
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
    ['with a Redis that is not there', { STORE_URL: 'redis://127.0.0.1:1' }, /STORE_URL|Redis/],
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
        "process.on('exit', () => console.log(Object.keys(require.cache).join('\\n')));",
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
});
