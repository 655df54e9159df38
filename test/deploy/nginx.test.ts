import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Agent } from 'undici';
import { fr } from '../../src/cards/messages.ts';
import { Accounts } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { addSealingKey, readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import { SELF_SIGNED } from '../chorus/faulty-servers.ts';
import { freePort } from '../free-port.ts';
import { type FakeSlack, startSlack, TEAM, TOKENS } from '../slack/fake-slack.ts';
import { overHttp, SlackPerson, wordsOf } from '../slack/person.ts';
import { DURABLE, RedisServer } from '../store/redis-server.ts';
import { until } from '../until.ts';

const MANAGER = 'U0HELENE';
const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
const trusting = new Agent({ connect: { ca: SELF_SIGNED.cert } });
/** Node's own takes an agent of undici as well; its types know another version of it. */
const send: typeof fetch = (address, more) => {
  const options = { ...more, dispatcher: trusting };
  return fetch(address, options as object);
};

let redis: RedisServer;
let slack: FakeSlack;
let replicas: { readonly child: ChildProcess; readonly port: number }[];
let nginx: ChildProcess;
let url: string;

beforeAll(async () => {
  redis = await RedisServer.start(...DURABLE);
  slack = await startSlack();
  slack.users.set(MANAGER, { id: MANAGER, name: 'Hélène', locale: 'fr-FR' });
  await addSealingKey(join(folder, 'keys.json'));
  const sealer = new Sealer(await readSealingKeys(join(folder, 'keys.json')));
  const store = new AuthenticatedStore(await openStore(`${redis.url}/0`), sealer);
  await new Accounts(store).add({
    login: 'TECH_1_X@cpro.fr',
    siret: '21590350100017',
    structure: 'Commune',
    manager: `slack:${TEAM}:${MANAGER}`,
    alertMonths: 12,
    addedAt: new Date().toISOString(),
  });
  await store.close();
  replicas = await Promise.all([startBot(), startBot()]);
  url = await startNginx(replicas.map(({ port }) => port));
});

afterAll(async () => {
  await trusting.close();
  for (const { child } of replicas) child.kill('SIGKILL');
  nginx.kill('SIGKILL');
  await slack.close();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function startBot() {
  const env = {
    PATH: process.env.PATH,
    SLACK_BOT_TOKEN: TOKENS.bot,
    SLACK_SIGNING_SECRET: TOKENS.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    ALLOWED_TENANTS: TEAM,
    CHORUS_ENVIRONMENT: 'sandbox',
    PISTE_CLIENT_ID: 'piste-id',
    PISTE_CLIENT_SECRET: 'piste-secret',
    STORE_URL: `${redis.url}/0`,
    STORE_KEYS_FILE: join(folder, 'keys.json'),
    PORT: '0',
  };
  const child = spawn('node', [join(process.cwd(), 'dist/build/src/main.js')], { cwd: folder, env });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      printed += part.toString();
    });
  const port = await until(
    () => /"event":"ready".*"port":(\d+)|"port":(\d+).*"event":"ready"/.exec(printed)?.slice(1).find(Boolean),
    () => printed,
  );
  return { child, port: Number(port) };
}

/** nginx with the file of `deploy/`, in which only the port, the certificate and the replicas are others. */
async function startNginx(ports: readonly number[]): Promise<string> {
  const port = await freePort();
  for (const [name, content] of Object.entries({
    'fullchain.pem': SELF_SIGNED.cert,
    'privkey.pem': SELF_SIGNED.key,
  }))
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  const site = readFileSync('deploy/nginx/chorus-bot.conf', 'utf8')
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replaceAll('/etc/ssl/bot.example.fr', folder)
    .replace(/^ {4}server (127\.0\.0\.1):3978 (.*)$/m, (_line, host, rest) =>
      ports.map((each) => `    server ${host}:${each} ${rest}`).join('\n'),
    );
  mkdirSync(join(folder, 'temp'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/temp/${kind};`)
    .join('\n');
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log; events {}
http { ${temporary} access_log ${folder}/access.log; ${site} }`,
  );
  const words = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
  execFileSync('nginx', ['-t', '-q', ...words]);
  nginx = spawn('nginx', words, { stdio: 'ignore' });
  const address = `https://127.0.0.1:${port}`;
  await until(() =>
    send(address).then(
      () => true,
      () => false,
    ),
  );
  return address;
}

test('a reset walked through the proxy goes on where one of two replicas is killed in the middle', async () => {
  const person = new SlackPerson(MANAGER, slack, overHttp(url, send));
  const cards = () => slack.in(person.direct);
  const latest = () => wordsOf(cards().at(-1)?.blocks ?? []);
  await person.write('réinitialiser');
  await until(() => latest().includes(fr.buttons.done));
  const seen = [latest()];
  for (let step = 1; step <= 2; step++) {
    if (step === 2) {
      const [killed] = replicas;
      killed?.child.kill('SIGKILL');
      await once(killed?.child as ChildProcess, 'exit');
    }
    const card = cards().at(-1);
    if (card === undefined) throw new Error('there is no card');
    await person.click(fr.buttons.done, card);
    await until(() => !seen.includes(latest()));
    seen.push(latest());
  }
  expect(seen.at(-1)).toContain('Copier le nouveau mot de passe');
});

test('what is not public is not let through', async () => {
  for (const path of ['/metrics', '/healthz', '/readyz', '/v1/credentials/x', '/'])
    expect((await send(`${url}${path}`)).status).toBe(404);
});

test('the address of a page for one use is in no log', async () => {
  for (const path of ['/saisie/canary-address', '/retrait/canary-address']) await send(`${url}${path}`);
  await send(`${url}/slack/events`, { method: 'POST', body: '{}' });
  const log = await until(() => {
    const text = readFileSync(join(folder, 'access.log'), 'utf8');
    return text.includes('/slack/events') ? text : undefined;
  });
  expect(log + readFileSync(join(folder, 'error.log'), 'utf8')).not.toContain('canary-address');
});
