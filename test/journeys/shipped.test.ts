import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addSealingKey } from '../../src/store/keys.ts';
import { until } from '../until.ts';

const ROOT = process.cwd();
const SHIPPED = ['package.json', 'package-lock.json', 'pictures', 'dist/build/src'];

/** What stands on a server after `npm run build` elsewhere and `npm ci --omit=dev` here. */
const folder = mkdtempSync(join(tmpdir(), 'shipped-'));
const running: ChildProcess[] = [];

beforeAll(async () => {
  for (const path of SHIPPED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const left = new Set(
    Object.keys(packages).filter((path) => packages[path].dev || packages[path].devOptional),
  );
  cpSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), {
    recursive: true,
    filter: (path) => !left.has(relative(ROOT, path)),
  });
  await addSealingKey(join(folder, 'keys.json'));
}, 120_000);

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function environment() {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    CHORUS_ENVIRONMENT: 'sandbox',
    PISTE_CLIENT_ID: 'piste-client',
    PISTE_CLIENT_SECRET: 'piste-secret',
    STORE_URL: `lmdb:${join(folder, 'store')}`,
    STORE_KEYS_FILE: join(folder, 'keys.json'),
    MicrosoftAppId: '11111111-1111-4111-8111-111111111111',
    MicrosoftAppPassword: 'app-password',
    MicrosoftAppTenantId: '22222222-2222-4222-8222-222222222222',
    SLACK_BOT_TOKEN: 'xoxb-token',
    SLACK_SIGNING_SECRET: 'signing-secret',
    ALLOWED_TENANTS: '22222222-2222-4222-8222-222222222222 T0001',
    API_PORT: '0',
    PORT: '0',
    // Nobody listens there: what the bot asks of Microsoft and Slack never leaves this machine.
    HTTPS_PROXY: 'http://127.0.0.1:9',
  };
}

/** The bot, started by these words; with what it has printed so far. */
function started(command: string, ...words: string[]) {
  const child = spawn(command, words, { cwd: folder, env: environment() });
  running.push(child);
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      printed += part.toString();
    });
  return { child, printed: () => printed };
}

describe('what is shipped, without any development dependency', () => {
  test.each([
    ['npm start', 'npm', ['start']],
    ['chorus start', join(folder, 'dist/build/src/cli.js'), ['start']],
  ])('%s compiles nothing, and at SIGTERM no process of it is left', async (way, command, words) => {
    // As npm does where it installs the program.
    if (way === 'chorus start') spawnSync('chmod', ['+x', command]);
    const { child, printed } = started(command, ...words);
    await until(() => /"event":"ready"/.test(printed()), printed);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const ready = JSON.parse(
      printed()
        .split('\n')
        .find((line) => line.includes('"ready"')) ?? '',
    );
    expect(ready).toMatchObject({ event: 'ready', botVersion: version });
    const url = `http://127.0.0.1:${ready.port}`;
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok', version });
    child.kill('SIGTERM');
    await once(child, 'close');
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  test('npm run admin answers', () => {
    const words = ['run', '--silent', 'admin', '--', 'account', 'list', '--json'];
    const { stdout, stderr } = spawnSync('npm', words, { cwd: folder, env: environment(), encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: '[]\n', stderr: '' });
  });

  test('without having been built, npm start and npm run admin say so in one line', () => {
    const bare = mkdtempSync(join(tmpdir(), 'bare-'));
    cpSync(join(ROOT, 'package.json'), join(bare, 'package.json'));
    for (const words of [['start'], ['run', 'admin']]) {
      const { status, stderr } = spawnSync('npm', ['--silent', ...words], { cwd: bare, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: 'Le bot n’est pas compilé ; lancez d’abord « npm ci && npm run build »\n',
      });
    }
    rmSync(bare, { recursive: true });
  });
});
