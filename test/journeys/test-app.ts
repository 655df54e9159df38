import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MANAGER, PISTE } from '../../demo/chorus/seed.ts';
import { type Simulator, startSimulator } from '../../demo/chorus/simulator.ts';
import type { Place } from '../../src/bot/channel.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import type { ChorusClientOptions } from '../../src/chorus/client.ts';
import { type App, type AppOptions, compose } from '../../src/compose.ts';
import type { SlackConfig } from '../../src/config.ts';
import { Tokens } from '../../src/consumers/tokens.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import { type Account, Accounts, accountId } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { addSealingKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { People } from '../../src/store/people.ts';
import { Resets } from '../../src/store/resets.ts';
import { openSealer, type Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import { shownPassword, Visitor } from '../demo/chorus/visitor.ts';
import { until } from '../until.ts';

/** As many technical accounts as there are journeys; each takes one of its own. */
const ACCOUNTS = 60;
export const SIRET = '21719999100019';
export const STRUCTURE = 'Commune de Saint-Aubin-sur-Loire';
export const OLD_PASSWORD = 'goZckgkKevikl';

/** What a test may want otherwise. Passwords are taken back nowhere, unless it says so. */
export type AppMore = Pick<
  AppOptions,
  'slack' | 'administrators' | 'dailyTest' | 'publicUrl' | 'isHandoverOn' | 'api'
> &
  Pick<ChorusClientOptions, 'environment'>;

/** The real bot on a real store, and the simulator, in this process. */
export class TestApp {
  readonly simulator: Simulator;
  readonly folder: string;
  readonly #storeUrl: string;
  readonly #more: AppMore;
  readonly #logged: string[] = [];
  #store!: Store;
  #sealer!: Sealer;
  #app!: App;
  #address = '';
  #apiAddress = '';
  #taken = 0;
  #skipped = 0;

  private constructor(simulator: Simulator, folder: string, storeUrl: string, more: AppMore) {
    this.simulator = simulator;
    this.folder = folder;
    this.#storeUrl = storeUrl;
    this.#more = more;
  }

  static async open(storeUrl?: string, slack?: SlackConfig, more: AppMore = {}): Promise<TestApp> {
    const folder = await mkdtemp(join(tmpdir(), 'journey-'));
    const modified = new Date();
    const simulator = await startSimulator({
      piste: PISTE,
      people: [MANAGER],
      structures: [{ siret: SIRET, name: STRUCTURE, manager: MANAGER.email }],
      accounts: Array.from({ length: ACCOUNTS }, (_, i) => ({
        login: loginOf(i),
        siret: SIRET,
        password: OLD_PASSWORD,
        state: 'ACTIF' as const,
        modified,
        created: modified,
        expires: new Date(modified.getTime() + 20 * 86_400_000),
      })),
    });
    const app = new TestApp(simulator, folder, storeUrl ?? `lmdb:${join(folder, 'store')}`, {
      slack,
      ...more,
    });
    await addSealingKey(join(folder, 'keys.json'), true);
    await app.start();
    return app;
  }

  get url(): string {
    return this.#address;
  }

  /** Where programs read passwords; '' where they do not. */
  get apiUrl(): string {
    return this.#apiAddress;
  }

  get tokens(): Tokens {
    return new Tokens(this.#store);
  }

  /** How the bot, or another program, reaches Chorus Pro. */
  get chorus(): ChorusClientOptions {
    return {
      tokenUrl: this.simulator.tokenUrl,
      apiUrl: this.simulator.apiUrl,
      piste: { clientId: PISTE.clientId, clientSecret: new Secret(PISTE.clientSecret) },
      timeouts: { connect: 1_000, test: 5_000 },
      ...(this.#more.environment && { environment: this.#more.environment }),
    };
  }

  /** Resolves when the bot has done all that it has acknowledged. */
  settled(): Promise<void> {
    return this.#app.settled();
  }

  get logged(): string {
    return this.#logged.join('');
  }

  /** As the bot sees it: what is read there is authentic. */
  get store(): Store {
    return this.#store;
  }

  get credentials(): Credentials {
    return new Credentials(this.#store, this.#sealer);
  }

  get accounts(): Accounts {
    return new Accounts(this.#store);
  }

  get people(): People<Place> {
    return new People(this.#store);
  }

  get resets(): Resets<ResetRecord> {
    return new Resets(this.#store);
  }

  /** The bot's clock goes on by so much. */
  skip(ms: number): void {
    this.#skipped += ms;
  }

  /** When the agenda that was looked at longest ago was looked at last, by the bot's clock in ms. */
  async lastTick(): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return 1000 * Number(/^chorus_bot_last_tick_timestamp_seconds (\S+)/m.exec(text)?.[1]);
  }

  /** Resolves when every agenda has been looked at, from beginning to end, after this call. */
  async ticked(): Promise<void> {
    // What ends after this may have begun before; what ends after that has not.
    for (let looks = 0; looks < 2; looks++) {
      const since = Date.now() + this.#skipped;
      await until(async () => (await this.lastTick()) > since);
    }
  }

  /** Starts the bot, on the address it had before. */
  async start(): Promise<void> {
    const opened = await openStore(this.#storeUrl);
    this.#sealer = await openSealer(join(this.folder, 'keys.json'));
    this.#store = new AuthenticatedStore(opened, this.#sealer);
    this.#app = await compose({
      teams: 'anonymous',
      slack: this.#more.slack,
      administrators: this.#more.administrators,
      dailyTest: this.#more.dailyTest,
      allowedTenants: undefined,
      chorus: this.chorus,
      store: opened,
      sealer: this.#sealer,
      links: { portalUrl: this.simulator.portalUrl },
      publicUrl: this.#more.publicUrl,
      isHandoverOn: this.#more.isHandoverOn,
      api: this.#more.api,
      log: createLog('trace', { write: (line) => this.#logged.push(line) }),
      now: () => new Date(Date.now() + this.#skipped),
      tickPauseMs: 200,
    });
    const port = this.#address === '' ? 0 : Number(new URL(this.#address).port);
    this.#address = await this.#app.http.listen({ host: '127.0.0.1', port });
    this.#apiAddress = (await this.#app.api?.listen({ host: '127.0.0.1', port: 0 })) ?? '';
  }

  async stop(): Promise<void> {
    await this.#app.stop();
  }

  async close(): Promise<void> {
    await this.stop();
    await this.simulator.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** An account that nobody else uses, with its old password in use, for this manager. */
  async account(manager: string, more: Partial<Account> = {}): Promise<Account> {
    const login = loginOf(this.#taken++);
    const account = await addAccount(this.accounts, { login, manager, ...more });
    const about = { heldBy: 'administrateur', heldSince: new Date(), expiry: soon() };
    const kept = await this.credentials.keep(account.id, new Secret(OLD_PASSWORD), about);
    await this.credentials.promote(account.id, kept.version, new Date());
    return account;
  }

  /** What a manager does on the portal up to the new password, which is shown there once. */
  async askPortal(account: Account): Promise<{ password: string; submit(): Promise<void> }> {
    const visitor = new Visitor(this.simulator.portalUrl);
    await visitor.signIn(MANAGER);
    const page = await visitor.fill({ siret: SIRET, login: account.login });
    const password = shownPassword(page);
    if (password === undefined) throw new Error('the portal shows no password');
    return {
      password,
      submit: async () => {
        await visitor.submit(page);
      },
    };
  }
}

/** In twenty days, as the portal says. */
function soon() {
  return { at: new Date(Date.now() + 20 * 86_400_000).toISOString(), estimated: false };
}

/** An account that is known to the bot and has no password yet. */
export async function addAccount(
  accounts: Accounts,
  given: Pick<Account, 'login' | 'manager'> & Partial<Account>,
): Promise<Account> {
  await accounts.add({
    siret: SIRET,
    structure: STRUCTURE,
    alertMonths: 12,
    expiry: soon(),
    addedAt: new Date().toISOString(),
    ...given,
  });
  const account = await accounts.find(accountId(given.login));
  if (account === undefined) throw new Error('the account was not added');
  return account;
}

function loginOf(i: number): string {
  return `TECH_1_SAUBIN${String(i).padStart(8, '0')}@cpro.fr`;
}
