import { type App, compose } from '../../src/compose.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import { type Account, Accounts, accountId } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import { ATTACHMENTS, Piste } from '../chorus/piste.ts';
import type { Platform } from '../journeys/platform.ts';
import { SlackPlatform } from '../journeys/slack.ts';
import { startTeamsPlatform } from '../journeys/teams.ts';
import { TOKENS } from '../slack/fake-slack.ts';
import { overHttp } from '../slack/person.ts';
import { DURABLE, RedisServer } from '../store/redis-server.ts';
import { Forwarder } from './forwarder.ts';

/** How long Chorus Pro takes for its verdict, in ms: longer than whoever asked for it waits. */
const VERDICT_AFTER = 2_600;

/** Three whole bots on one Redis behind a load balancer, and a platform behind a network that may fail. */
export class Testbed {
  readonly platform: Platform;
  /** Between the bots and the platform. */
  readonly network: Forwarder;
  readonly store: Store;
  readonly credentials: Credentials;
  readonly #bots: Bots;
  readonly #redis: RedisServer;
  readonly #piste: Piste;

  private constructor(redis: RedisServer, piste: Piste, bots: Bots, platform: Platform, network: Forwarder) {
    this.#redis = redis;
    this.#piste = piste;
    this.#bots = bots;
    this.platform = platform;
    this.network = network;
    this.store = bots.store;
    this.credentials = new Credentials(bots.store, SEALER);
  }

  static async open(name: 'teams' | 'slack'): Promise<Testbed> {
    const redis = await RedisServer.start(...DURABLE);
    const piste = await new Piste().start();
    piste.instead = ({ path }) =>
      path === ATTACHMENTS
        ? { status: 200, body: { codeRetour: 0, parametresRetour: { pages: 1 } }, after: VERDICT_AFTER }
        : undefined;
    if (name === 'teams') {
      const bots = await Bots.open(redis.url, piste);
      let network: Forwarder | undefined;
      const platform = await startTeamsPlatform(bots.url, async (serviceUrl) => {
        network = await Forwarder.to(serviceUrl);
        return `${network.url}/`;
      });
      return new Testbed(redis, piste, bots, platform, network as unknown as Forwarder);
    }
    let bots: Bots | undefined;
    const platform = await SlackPlatform.start(async () => bots?.settled());
    const network = await Forwarder.to(new URL(platform.slack.apiUrl).origin);
    bots = await Bots.open(redis.url, piste, `${network.url}/api/`);
    platform.connect(overHttp(bots.url));
    return new Testbed(redis, piste, bots, platform, network);
  }

  settled(): Promise<void> {
    return this.#bots.settled();
  }

  /** The bots' clocks go on by so much. */
  skip(ms: number): void {
    this.#bots.skipped += ms;
  }

  async close(): Promise<void> {
    await this.#bots.close();
    await this.platform.close();
    await this.network.close();
    await this.#piste.stop();
    await this.#redis.stop();
  }

  /** An account of this person's, with a password in use. */
  async account(who: string): Promise<Account> {
    const accounts = new Accounts(this.store);
    await accounts.add({
      login: who,
      siret: '21590350100017',
      structure: 'Commune',
      manager: this.platform.idOf(who),
      alertMonths: 12,
      addedAt: new Date().toISOString(),
    });
    const expiry = { at: new Date().toISOString(), estimated: false };
    const about = { heldBy: 'administrateur', heldSince: new Date(), expiry };
    const id = accountId(who);
    const { version } = await this.credentials.keep(id, new Secret('first'), about);
    await this.credentials.promote(id, version, new Date());
    return (await accounts.find(id)) as Account;
  }
}

const SEALER = new Sealer([{ kid: 'key', bytes: new Uint8Array(32) }]);

class Bots {
  skipped = 0;
  readonly store: Store;
  readonly #apps: App[] = [];
  #balancer: Forwarder | undefined;

  private constructor(store: Store) {
    this.store = store;
  }

  static async open(storeUrl: string, piste: Piste, slackUrl?: string): Promise<Bots> {
    const bots = new Bots(new AuthenticatedStore(await openStore(storeUrl), SEALER));
    const urls: string[] = [];
    for (let replica = 0; replica < 3; replica++) {
      const app = await compose({
        teams: slackUrl === undefined ? 'anonymous' : undefined,
        slack:
          slackUrl === undefined
            ? undefined
            : {
                botToken: new Secret(TOKENS.bot),
                apiUrl: slackUrl,
                events: { mode: 'http', signingSecret: new Secret(TOKENS.signingSecret) },
              },
        allowedTenants: undefined,
        chorus: {
          tokenUrl: piste.tokenUrl,
          apiUrl: piste.url,
          piste: { clientId: piste.clientId, clientSecret: new Secret(piste.clientSecret) },
        },
        store: await openStore(storeUrl),
        sealer: SEALER,
        links: { portalUrl: 'https://portal.invalid' },
        log: createLog('error', { write: () => undefined }),
        now: () => new Date(Date.now() + bots.skipped),
      });
      bots.#apps.push(app);
      urls.push(await app.http.listen({ host: '127.0.0.1', port: 0 }));
    }
    bots.#balancer = await Forwarder.to(...urls);
    return bots;
  }

  get url(): string {
    return this.#balancer?.url ?? '';
  }

  async settled(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.settled()));
  }

  async close(): Promise<void> {
    await this.#balancer?.close();
    await Promise.all(this.#apps.map((app) => app.stop()));
    await this.store.close();
  }
}
