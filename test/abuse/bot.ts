import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MANAGER, PISTE } from '../../demo/chorus/seed.ts';
import { type Simulator, startSimulator } from '../../demo/chorus/simulator.ts';
import { type Account, Accounts } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { addSealingKey, readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import { freePort } from '../free-port.ts';
import type { Platform } from '../journeys/platform.ts';
import { SlackPlatform } from '../journeys/slack.ts';
import { startTeamsPlatform } from '../journeys/teams.ts';
import { addAccount, SIRET, STRUCTURE } from '../journeys/test-app.ts';
import { TOKENS } from '../slack/fake-slack.ts';
import { overHttp } from '../slack/person.ts';
import type { BotOptions, Order } from './bot-process.ts';
import { Child } from './child.ts';

/** The whole bot in a process of its own, with both platforms and Chorus Pro around it in ours. */
export class Bot {
  readonly folder: string;
  readonly simulator: Simulator;
  readonly teams: Platform;
  readonly slack: SlackPlatform;
  /** Our own way into its store. */
  readonly store: Store;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly #options: BotOptions;
  #child: Child | undefined;
  #printed = '';

  private constructor(
    of: Pick<Bot, 'folder' | 'simulator' | 'teams' | 'slack' | 'store' | 'credentials'>,
    options: BotOptions,
  ) {
    ({ folder: this.folder, simulator: this.simulator, store: this.store } = of);
    ({ teams: this.teams, slack: this.slack, credentials: this.credentials } = of);
    this.accounts = new Accounts(of.store);
    this.#options = options;
  }

  /** `passwords`: what Chorus Pro accepts, by technical account. `storeUrl`: an embedded store in its folder, unless told. */
  static async start(passwords: ReadonlyMap<string, string>, storeUrl?: string): Promise<Bot> {
    const folder = await mkdtemp(join(tmpdir(), 'abuse-'));
    const modified = new Date();
    const expires = new Date(modified.getTime() + 20 * 86_400_000);
    const simulator = await startSimulator({
      piste: PISTE,
      people: [MANAGER],
      structures: [{ siret: SIRET, name: STRUCTURE, manager: MANAGER.email }],
      accounts: [...passwords].map(([login, password]) => {
        return { login, siret: SIRET, password, state: 'ACTIF', modified, created: modified, expires };
      }),
    });
    const keysFile = join(folder, 'keys.json');
    await addSealingKey(keysFile);
    const url = storeUrl ?? `lmdb:${join(folder, 'store')}`;
    const sealer = new Sealer(await readSealingKeys(keysFile));
    const store = new AuthenticatedStore(await openStore(url), sealer);
    const credentials = new Credentials(store, sealer);
    let bot: Bot | undefined;
    const slack = await SlackPlatform.start(async () => {
      await bot?.order('settle');
    });
    const port = await freePort();
    const teams = await startTeamsPlatform(`http://127.0.0.1:${port}`);
    bot = new Bot(
      { folder, simulator, teams, slack, store, credentials },
      {
        port,
        storeUrl: url,
        keysFile,
        chorus: { tokenUrl: simulator.tokenUrl, apiUrl: simulator.apiUrl },
        piste: PISTE,
        slack: {
          apiUrl: slack.slack.apiUrl,
          botToken: TOKENS.bot,
          signingSecret: TOKENS.signingSecret,
        },
        portalUrl: simulator.portalUrl,
        allowedTenants: [teams, slack].map((platform) => platform.idOf('').split(':')[1] ?? ''),
      },
    );
    slack.connect(overHttp(bot.url));
    await bot.restart();
    return bot;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  /** All that it has written on its two outputs, since the test has begun. */
  get printed(): string {
    return this.#printed + (this.#child?.printed ?? '');
  }

  /** Starts it, or starts it anew. */
  async restart(): Promise<void> {
    this.#printed = this.printed;
    this.#child?.kill();
    this.#child = undefined;
    // A longer text would be cut off in a heap snapshot, and not be found there.
    const execArgv = ['--heap-snapshot-string-limit=10000000'];
    this.#child = await Child.start(this.#options, this.folder, execArgv);
  }

  /** Has it done, and waits until it is. Gives the file that was written, if any. */
  async order(order: Order): Promise<string> {
    if (this.#child === undefined) throw new Error('the bot is not running');
    return join(this.folder, (await this.#child.order<string>(order)) ?? '');
  }

  addAccount(login: string, manager: string, more: Partial<Account> = {}): Promise<Account> {
    return addAccount(this.accounts, { login, manager, ...more });
  }

  async close(): Promise<void> {
    await this.order('stop');
    await this.store.close();
    await this.teams.close();
    await this.slack.close();
    await this.simulator.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
