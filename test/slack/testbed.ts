import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoSeed, MAIN_ACCOUNT, PISTE } from '../../demo/chorus/seed.ts';
import { type Simulator, startSimulator } from '../../demo/chorus/simulator.ts';
import { type App, compose } from '../../src/compose.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import { Accounts, accountId } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { addSealingKey, readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import { freePort } from '../free-port.ts';
import { until } from '../until.ts';
import { type FakeSlack, startSlack, TEAM, TOKENS, type User } from './fake-slack.ts';
import { CLIENT, type Workspace } from './fake-slack-oauth.ts';
import { type Delivery, overHttp, overSocket, SlackPerson } from './person.ts';

export const ACCOUNT = accountId(MAIN_ACCOUNT.login);
export const MANAGER_ID = 'U0HELENE';
export const CHANNEL = 'C0COMPTA';

/** The whole bot on its embedded store, with the Chorus Pro simulator and a fake Slack. */
export interface Testbed {
  readonly slack: FakeSlack;
  readonly simulator: Simulator;
  readonly app: App;
  readonly botUrl: string;
  readonly store: Store;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly sealer: Sealer;
  /** The workspaces that are served from now on. */
  readonly allowed: Set<string>;
  readonly deliver: Delivery;
  /** Every line that was logged. */
  readonly logged: string[];
  readonly manager: SlackPerson;
  /** Where the sealing keys are kept. */
  readonly keysFile: string;
  person(user: User, where?: Workspace): SlackPerson;
  /** The bot's clock goes to this instant, and on from there. */
  skipTo(instant: Date): void;
  close(): Promise<void>;
}

export interface TestbedOptions {
  readonly mode?: 'http' | 'socket';
  readonly publicUrl?: boolean;
  /** Workspaces install the bot themselves. */
  readonly oauth?: boolean;
  readonly allowed?: readonly string[];
  /** The manager's. */
  readonly locale?: string;
  readonly around?: (store: Store) => Store;
}

export async function openTestbed({
  mode = 'http',
  oauth = false,
  publicUrl = oauth,
  allowed: allowedIds = [TEAM],
  locale = 'fr-FR',
  around,
}: TestbedOptions = {}): Promise<Testbed> {
  const folder = await mkdtemp(join(tmpdir(), 'chorus-slack-'));
  const slack = await startSlack();
  const simulator = await startSimulator({ ...demoSeed(new Date()), piste: PISTE });
  const opened = await openStore(`lmdb:${join(folder, 'store')}`);
  const kept = around?.(opened) ?? opened;
  const keysFile = join(folder, 'keys.json');
  await addSealingKey(keysFile);
  const sealer = new Sealer(await readSealingKeys(keysFile));
  const store = new AuthenticatedStore(kept, sealer);
  const accounts = new Accounts(store);
  const credentials = new Credentials(store, sealer);
  const logged: string[] = [];
  const allowed = new Set(allowedIds);
  let skipped = 0;
  const { login, siret, name } = MAIN_ACCOUNT;
  await accounts.add({
    login,
    siret,
    structure: name,
    manager: `slack:${TEAM}:${MANAGER_ID}`,
    alertMonths: 12,
    addedAt: new Date().toISOString(),
  });
  // A browser's address is known before the server listens, as behind a proxy.
  const port = publicUrl ? await freePort() : 0;
  const app = await compose({
    teams: undefined,
    slack: {
      ...(oauth
        ? {
            oauth: {
              clientId: CLIENT.id,
              clientSecret: new Secret(CLIENT.secret),
              publicUrl: `http://127.0.0.1:${port}`,
            },
          }
        : { botToken: new Secret(TOKENS.bot) }),
      apiUrl: slack.apiUrl,
      events:
        mode === 'http'
          ? { mode, signingSecret: new Secret(TOKENS.signingSecret) }
          : { mode, appToken: new Secret(TOKENS.app) },
    },
    ...(publicUrl ? { publicUrl: `http://127.0.0.1:${port}` } : {}),
    allowedTenants: allowed,
    chorus: {
      tokenUrl: simulator.tokenUrl,
      apiUrl: simulator.apiUrl,
      piste: { clientId: PISTE.clientId, clientSecret: new Secret(PISTE.clientSecret) },
    },
    store: kept,
    sealer,
    links: { portalUrl: simulator.portalUrl },
    now: () => new Date(Date.now() + skipped),
    log: createLog('info', { write: (line: string) => void logged.push(line) }),
  });
  const botUrl = await app.http.listen({ host: '127.0.0.1', port });
  if (mode === 'socket') await until(() => slack.isConnected);
  const deliver = mode === 'http' ? overHttp(botUrl) : overSocket(slack);
  slack.channels.set(CHANNEL, { id: CHANNEL });
  const person = (user: User, where?: Workspace) => {
    if (where === undefined) slack.users.set(user.id, user);
    else slack.elsewhere.set(`${where.team}/${user.id}`, { team: where.team, ...user });
    return new SlackPerson(user.id, slack, deliver, { where });
  };
  return {
    slack,
    simulator,
    app,
    botUrl,
    store,
    accounts,
    credentials,
    sealer,
    allowed,
    deliver,
    logged,
    keysFile,
    manager: person({ id: MANAGER_ID, name: 'Hélène Gauthier', locale }),
    person,
    skipTo: (instant) => {
      skipped = instant.getTime() - Date.now();
    },
    async close() {
      await app.stop();
      await simulator.close();
      await slack.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export { until };
