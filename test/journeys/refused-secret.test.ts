import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addSealingKey } from '../../src/store/keys.ts';
import { SELF_SIGNED } from '../chorus/faulty-servers.ts';
import { until } from '../until.ts';

const folder = mkdtempSync(join(tmpdir(), 'refused-secret-'));
const keysFile = join(folder, 'keys.json');
/** What Microsoft answers for a secret that has expired. */
const EXPIRED = {
  error: 'invalid_client',
  error_description:
    'AADSTS7000222: The provided client secret keys for app are expired. Trace ID: 0 Correlation ID: 0',
  error_codes: [7000222],
};

const login = createHttps(SELF_SIGNED, (request, response) => {
  asked.push(`${request.headers.host}${request.url}`);
  request.resume();
  response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(EXPIRED));
});
/** Takes every host for Microsoft's login. */
const proxy = createHttp();
const asked: string[] = [];
const sockets = new Set<Socket>();
let bot: ChildProcess;
let printed = '';

beforeAll(async () => {
  await Promise.all([listening(login), listening(proxy)]);
  proxy.on('connect', (_request, socket: Socket, head) => {
    const onward = connect((login.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) {
      sockets.add(each);
      each.on('error', () => undefined);
    }
  });
  await addSealingKey(keysFile);
  bot = spawn('node', [join(process.cwd(), 'dist/build/src/main.js')], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      CHORUS_ENVIRONMENT: 'sandbox',
      PISTE_CLIENT_ID: 'piste-client',
      PISTE_CLIENT_SECRET: 'piste-secret',
      STORE_URL: `lmdb:${join(folder, 'store')}`,
      STORE_KEYS_FILE: keysFile,
      PORT: '0',
      MicrosoftAppId: '11111111-1111-4111-8111-111111111111',
      MicrosoftAppPassword: 'canary-app-password',
      MicrosoftAppTenantId: '22222222-2222-4222-8222-222222222222',
      HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      // The certificate of the login is nobody's.
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    },
  });
  for (const output of [bot.stdout, bot.stderr])
    output?.on('data', (part: Buffer) => {
      printed += part.toString();
    });
});

afterAll(async () => {
  const ended = once(bot, 'close');
  bot.kill('SIGKILL');
  await ended;
  for (const socket of sockets) socket.destroy();
  for (const server of [login, proxy]) server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listening(server: Server | typeof login): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

test('a secret that Microsoft refuses is found when the bot starts, and named in the log and /readyz', async () => {
  await until(
    () => printed.includes('platform.failed'),
    () => `${asked.join()} ${printed}`,
  );
  const line = printed.split('\n').find((each) => each.includes('platform.failed')) ?? '';
  expect(JSON.parse(line)).toMatchObject({ level: 'error', platform: 'teams', reason: 'AADSTS7000222' });
  expect(asked.join()).toContain('login.microsoftonline.com');
  await until(() => printed.includes('"event":"ready"'));
  const url = `http://127.0.0.1:${/"port":(\d+)/.exec(printed)?.[1]}`;
  const answer = await fetch(`${url}/readyz`);
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { status: 'unavailable', failed: ['platforms'] },
  ]);
  expect(printed).not.toContain('canary-app-password');
});
