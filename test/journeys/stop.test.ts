import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import { fr } from '../../src/cards/messages.ts';
import type { Step } from '../../src/chorus/procedures/reset.ts';
import { begin } from '../../src/chorus/procedures/transitions.ts';
import { Secret } from '../../src/secret.ts';
import { Accounts } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { addSealingKey, readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Resets } from '../../src/store/resets.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import { ATTACHMENTS, Piste } from '../chorus/piste.ts';
import { type FakeSlack, startSlack, TEAM, TOKENS } from '../slack/fake-slack.ts';
import { overHttp, SlackPerson, wordsOf } from '../slack/person.ts';
import { until } from '../until.ts';

const ACCOUNT = 'tech_1';
const MANAGER = 'U0HELENE';

let folder: string;
let slack: FakeSlack;
let piste: Piste;
let sealer: Sealer;
let store: Store;
let bot: ChildProcess;
/** Chorus Pro gives its verdict. */
let giveVerdict: () => void;
let printed: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stop-'));
  slack = await startSlack();
  slack.users.set(MANAGER, { id: MANAGER, name: 'Hélène', locale: 'fr-FR' });
  piste = await new Piste().start();
  const once = new Promise<void>((resolve) => {
    giveVerdict = resolve;
  });
  piste.instead = ({ path }) =>
    path === ATTACHMENTS
      ? { status: 200, body: { codeRetour: 0, parametresRetour: { pages: 1 } }, once }
      : undefined;
  const keysFile = join(folder, 'keys.json');
  await addSealingKey(keysFile);
  sealer = new Sealer(await readSealingKeys(keysFile));
  store = new AuthenticatedStore(await openStore(`lmdb:${join(folder, 'store')}`), sealer);
});

afterEach(async () => {
  bot.kill('SIGKILL');
  await store.close();
  await slack.close();
  await piste.stop();
  rmSync(folder, { recursive: true });
});

/** The bot as `npm start` runs it, in the middle of a connection test that a manager has just asked for. */
async function testing(): Promise<void> {
  await new Accounts(store).add({
    login: ACCOUNT,
    siret: '21590350100017',
    structure: 'Commune',
    manager: `slack:${TEAM}:${MANAGER}`,
    alertMonths: 12,
    addedAt: new Date().toISOString(),
  });
  const credentials = new Credentials(store, sealer);
  const expiry = { at: new Date().toISOString(), estimated: false };
  const about = { heldBy: 'Hélène', heldSince: new Date(), expiry };
  const { version } = await credentials.keep(ACCOUNT, new Secret('goZckgkKevikl'), about);
  const { reset } = begin('reset', 'signIn', new Date());
  const record: ResetRecord = {
    reset: { ...reset, step: 'awaitEmail', submitted: true, kept: version },
    holder: { id: `slack:${TEAM}:${MANAGER}`, name: 'Hélène', language: 'fr' },
    place: { platform: 'slack', private: true, address: {} },
  };
  await new Resets<ResetRecord>(store).save(ACCOUNT, record, 0);

  const url = await started();
  const person = new SlackPerson(MANAGER, slack, overHttp(url));
  await person.write('réinitialiser');
  const card = await until(() => slack.in(person.direct)[0]);
  await person.click(fr.buttons.emailCame, card);
  await until(async () => (await stepOf()) === 'testing' && piste.callsOf(ATTACHMENTS).length > 0);
}

async function started(): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    SLACK_BOT_TOKEN: TOKENS.bot,
    SLACK_SIGNING_SECRET: TOKENS.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    ALLOWED_TENANTS: TEAM,
    CHORUS_ENVIRONMENT: 'sandbox',
    CHORUS_TOKEN_URL: piste.tokenUrl,
    CHORUS_API_URL: piste.url,
    PISTE_CLIENT_ID: piste.clientId,
    PISTE_CLIENT_SECRET: piste.clientSecret,
    STORE_URL: `lmdb:${join(folder, 'store')}`,
    STORE_KEYS_FILE: join(folder, 'keys.json'),
    PORT: '0',
  };
  bot = spawn('node', [join(process.cwd(), 'dist/build/src/main.js')], { cwd: folder, env });
  printed = '';
  for (const stream of [bot.stdout, bot.stderr])
    stream?.on('data', (part: Buffer) => {
      printed += part.toString();
    });
  const port = await until(
    () => /"port":(\d+)/.exec(printed)?.[1],
    () => printed,
  );
  return `http://127.0.0.1:${port}`;
}

async function stepOf(): Promise<Step | undefined> {
  return (await new Resets<ResetRecord>(store).load(ACCOUNT))?.value.reset.step;
}

/** Tells it to stop; gives its exit code, once it has one. */
async function stop(): Promise<{ exited: Promise<number> }> {
  const exited = once(bot, 'exit').then(([code]) => code as number);
  bot.kill('SIGTERM');
  await until(() => printed.includes('"event":"stopping"'));
  return { exited };
}

test('a bot that is told to stop finishes the test it has begun, and draws its verdict', async () => {
  await testing();
  const { exited } = await stop();
  giveVerdict();
  expect(await exited).toBe(0);
  expect(await stepOf()).toBe('accepted');
  const card = slack.messages.map(({ blocks }) => wordsOf(blocks)).join();
  expect(card).toContain(fr.test.accepted.title);
});

test('one that cannot finish stops all the same, after ten seconds, and leaves the test to be gone on with', async () => {
  await testing();
  const asked = performance.now();
  const { exited } = await stop();
  expect(await exited).toBe(0);
  expect(performance.now() - asked).toBeGreaterThan(9_900);
  expect(await stepOf()).toBe('testing');
});

test('a second signal stops it at once', async () => {
  await testing();
  const { exited } = await stop();
  bot.kill('SIGTERM');
  // After the ten seconds it would be 0.
  expect(await exited).toBe(1);
  expect(await stepOf()).toBe('testing');
});
