import { existsSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compose } from '../src/compose.ts';
import { loadSlackConfig } from '../src/config.ts';
import { Tokens } from '../src/consumers/tokens.ts';
import { listen } from '../src/http.ts';
import { escapeInvisible } from '../src/invisible.ts';
import { createLog } from '../src/log.ts';
import { logEverything } from '../src/output.ts';
import { Secret } from '../src/secret.ts';
import { Accounts, accountId } from '../src/store/accounts.ts';
import { AuthenticatedStore } from '../src/store/authenticated-store.ts';
import { Credentials } from '../src/store/credentials.ts';
import { explain } from '../src/store/explain.ts';
import { addSealingKey, readSealingKeys } from '../src/store/keys.ts';
import { openStore } from '../src/store/open.ts';
import { Sealer } from '../src/store/seal.ts';
import { startApplication } from './application/server.ts';
import { demoSeed, MAIN_ACCOUNT, PISTE } from './chorus/seed.ts';
import { startSimulator } from './chorus/simulator.ts';
import { adoptFirstComer, NOBODY } from './first-comer.ts';
import { startTeams } from './teams/connector.ts';
import { people } from './teams/people.ts';

/** A person waits that long for the confirmation e-mail in the demo, in ms; the real one may take minutes. */
const EMAIL_DELAY = 5_000;
/** How often the demo's program asks for the password, in ms. */
const READ_PAUSE_MS = 2_000;
const HOST = '127.0.0.1';
const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

/** The main job, with no account anywhere: the simulator, the bot on its embedded store, and a chat client. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { headless: { type: 'boolean', default: false } } });
  const { env } = process;
  // Whatever this process creates is for its owner alone.
  process.umask(0o077);
  const log = createLog(values.headless ? 'info' : 'warn');
  logEverything(log);
  const folder = await mkdtemp(join(tmpdir(), 'chorus-demo-'));

  const seed = demoSeed(new Date());
  const simulator = await startSimulator({ ...seed, piste: PISTE, behaviour: { emailDelayMs: EMAIL_DELAY } });
  // What is set already wins: another simulator, a Redis, another port.
  // No password of the demo opens anything, so that a Redis which may lose one will do.
  const store = await openStore(env.STORE_URL ?? `lmdb:${join(folder, 'store')}`, { allowVolatile: true });
  const keysFile = env.STORE_KEYS_FILE ?? join(folder, 'keys.json');
  if (!existsSync(keysFile)) await addSealingKey(keysFile);
  const sealer = new Sealer(await readSealingKeys(keysFile));
  const records = new AuthenticatedStore(store, sealer);
  await seedAccount(new Accounts(records), new Credentials(records, sealer), seed.accounts[0]);

  const chorus = {
    tokenUrl: env.CHORUS_TOKEN_URL ?? simulator.tokenUrl,
    apiUrl: env.CHORUS_API_URL ?? simulator.apiUrl,
    piste: {
      clientId: env.PISTE_CLIENT_ID ?? PISTE.clientId,
      clientSecret: new Secret(env.PISTE_CLIENT_SECRET ?? PISTE.clientSecret),
    },
  };
  const port = Number(env.PORT ?? 3978);
  let botUrl = '';
  const app = await compose({
    teams: 'anonymous',
    slack: loadSlackConfig(env),
    // On a port that is not known yet, nobody could be given an address.
    publicUrl: env.PUBLIC_URL ?? (port === 0 ? undefined : `http://${HOST}:${port}`),
    isHandoverOn: (env.HANDOVER ?? 'reset') === 'reset',
    api: { isBesideMetrics: env.API_PORT === undefined },
    allowedTenants: undefined,
    chorus,
    store,
    sealer,
    links: {
      portalUrl: simulator.portalUrl,
      pigpUrl: simulator.pigpUrl,
      // Read for each card: the address is known once the bot listens.
      get picturesUrl() {
        return `${botUrl}/pictures`;
      },
    },
    log,
    around: adoptFirstComer(accountId(MAIN_ACCOUNT.login)),
  });
  botUrl = `http://${HOST}:${await listen(app.http, { host: HOST, port })}`;
  const api =
    app.api === undefined
      ? 0
      : await listen(app.api, { host: HOST, port: Number(env.API_PORT ?? 0) }, 'API_');
  const tokens = new Tokens(records);
  const about = { name: 'programme', accounts: [accountId(MAIN_ACCOUNT.login)] };
  const program = await tokens.create(about, new Date());
  const application = await startApplication({
    chorus,
    login: MAIN_ACCOUNT.login,
    password: new Secret(MAIN_ACCOUNT.password),
    updated: seed.accounts[0]?.modified ?? new Date(),
    reading: {
      apiUrl: `http://${HOST}:${api}`,
      token: new Secret(program.text),
      pauseMs: READ_PAUSE_MS,
    },
  });
  const chat = values.headless
    ? undefined
    : await startTeams({
        botUrl: `${botUrl}/api/messages`,
        people,
        links: {
          portal: simulator.portalUrl,
          mailbox: simulator.mailboxUrl,
          application: application.url,
        },
      });
  say(
    chat === undefined
      ? `ready ${botUrl}`
      : `\n  Ouvrez ${chat.url} dans un navigateur, et écrivez « bonjour ».\n`,
  );

  const stop = async () => {
    await chat?.close();
    await application.close();
    // The next run makes another one.
    await tokens.revoke(program.token.id);
    await app.stop();
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
    process.exit(0);
  };
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
}

/** One account for whoever comes first, with the password that is about to expire already sealed and in use. */
async function seedAccount(
  accounts: Accounts,
  credentials: Credentials,
  known: { readonly modified: Date; readonly expires: Date } | undefined,
): Promise<void> {
  const { login, siret, name, password } = MAIN_ACCOUNT;
  const updated = known?.modified ?? new Date();
  const expiry = { at: (known?.expires ?? new Date()).toISOString(), estimated: false };
  const isNew = await accounts.add({
    login,
    siret,
    structure: name,
    manager: NOBODY,
    alertMonths: 12,
    lastUpdated: updated.toISOString(),
    expiry,
    addedAt: new Date().toISOString(),
  });
  if (!isNew) return;
  const id = accountId(login);
  const kept = await credentials.keep(id, new Secret(password), {
    heldBy: 'démonstration',
    heldSince: updated,
    expiry,
  });
  await credentials.promote(id, kept.version, updated);
}

function say(line: string): void {
  writeSync(STANDARD_OUTPUT, `${line}\n`);
}

main().catch((error: unknown) => {
  for (const line of explain(error)) writeSync(STANDARD_ERROR, `${escapeInvisible(line)}\n`);
  process.exit(1);
});
