import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { Destinations } from '../../src/consumers/destinations.ts';
import { newWebhookSecret } from '../../src/consumers/webhook.ts';
import { Secret } from '../../src/secret.ts';
import { type AccountId, Accounts, accountId } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials, DELIVERIES } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import { addSealingKey, readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import { type PastellState, pastell, type Received, Receiver, status } from '../consumers/receivers.ts';
import { ageClaims } from '../store/age-claims.ts';
import { FLUSHED, RedisServer } from '../store/redis-server.ts';
import type { DeliveriesWord } from './deliveries-process.ts';
import { FULL, tell } from './volume.ts';

const PROCESS = join(process.cwd(), 'dist/build/test/faults/deliveries-process.js');
const ACCOUNTS = 2;
const ROUNDS = FULL ? 75 : 2;
const KILLS_A_ROUND = 4;
/** More than the longest claim, so that what a dead process held is free again. */
const LATER_MS = 10 * 60_000;
/** Where not even this many restarts' time brings everything to its end, something is lost. */
const MOST_TICKS = 5;

/**
 * When a process is killed: as the request has arrived, and the program takes nothing; as the program takes it, before its
 * answer; as the answer was sent; as the store is called.
 */
const MOMENTS = ['arrived', 'taking', 'answered', 'called'] as const;
type Moment = (typeof MOMENTS)[number];
const NONE: Readonly<Record<Moment, number>> = { arrived: 0, taking: 0, answered: 0, called: 0 };

/** A program that is told of an account's passwords, or gets them. */
interface Program {
  readonly id: string;
  /** The version that has arrived last, whether or not it was taken. */
  arrived: number;
  /** The newest version that it has taken. */
  taken: number;
}

interface Watched {
  readonly account: AccountId;
  readonly webhook: Program & { readonly key: Webhook; readonly idOf: Map<number, string> };
  readonly pastell: Program & { readonly state: PastellState };
  readonly versionOf: Map<string, number>;
  newest: number;
}

test.each(['LMDB', 'Redis'])(
  'deliveries killed by the system again and again lose nothing, on %s',
  async (driver) => {
    const folder = mkdtempSync(join(tmpdir(), 'deliveries-'));
    const redis = driver === 'Redis' ? await RedisServer.start(...FLUSHED) : undefined;
    const killing = await Killing.open(folder, redis?.url ?? `lmdb:${join(folder, 'store')}`);
    try {
      await killing.survey();
      for (let round = 1; round <= ROUNDS; round++) await killing.round(round % 2 === 0 ? 'killed' : 'last');
      await killing.expectWholeJournal();
    } finally {
      await killing.close();
      await redis?.stop();
      rmSync(folder, { recursive: true });
    }
    const { kills, atWork, arrivals, repeats, broken } = killing.seen;
    tell(
      `deliveries-${driver}`,
      `${kills} kill -9, ${atWork} of them at work, ${arrivals} deliveries arrived, ${repeats} of them once more, ${broken.length} promises broken`,
      { ...killing.seen, broken: broken.length },
    );
    expect(broken).toEqual([]);
    expect(kills).toBe(ROUNDS * KILLS_A_ROUND);
    expect(atWork).toBeGreaterThan(kills / 2);
    expect(repeats).toBeGreaterThan(0);
  },
  3_600_000,
);

/** Two accounts with a webhook and a Pastell each, and one process at a time that delivers to them. */
class Killing {
  readonly seen = { kills: 0, atWork: 0, arrivals: 0, repeats: 0, broken: [] as string[] };
  readonly #storeUrl: string;
  readonly #keysFile: string;
  readonly #store: Store;
  readonly #sealer: Sealer;
  readonly #journal: Journal;
  readonly #receiver: Receiver;
  readonly #watched: Watched[] = [];
  readonly #realNow = Date.now;
  #skippedMs = 0;
  #process: ChildProcess | undefined;
  #ticked: () => void = () => undefined;
  /** How often each moment comes while everything is delivered once. */
  #whole = NONE;
  /** How often each has come in this round. */
  #count = { ...NONE };
  #aim: { readonly moment: Moment; readonly number: number } | undefined;
  /** The next delivery that arrives is overtaken by a newer password before it is answered. */
  #isOvertaken = false;
  #answering = Promise.resolve();

  private constructor(
    files: { storeUrl: string; keysFile: string },
    store: Store,
    sealer: Sealer,
    receiver: Receiver,
  ) {
    this.#storeUrl = files.storeUrl;
    this.#keysFile = files.keysFile;
    this.#store = store;
    this.#sealer = sealer;
    this.#journal = new Journal(store, sealer);
    this.#receiver = receiver;
    Date.now = () => this.#realNow() + this.#skippedMs;
    receiver.answers((received, response) => {
      const answered = this.#answer(received, response).catch((error) => this.#broke(String(error)));
      this.#answering = Promise.all([this.#answering, answered]).then(() => undefined);
    });
  }

  static async open(folder: string, storeUrl: string): Promise<Killing> {
    const keysFile = join(folder, 'keys.json');
    await addSealingKey(keysFile);
    const sealer = new Sealer(await readSealingKeys(keysFile));
    const store = new AuthenticatedStore(await openStore(storeUrl), sealer);
    const killing = new Killing({ storeUrl, keysFile }, store, sealer, await Receiver.open());
    for (let number = 0; number < ACCOUNTS; number++) killing.#watched.push(await killing.#watch(number));
    return killing;
  }

  async close(): Promise<void> {
    Date.now = this.#realNow;
    this.#process?.kill('SIGKILL');
    await this.#receiver.close();
    await this.#store.close();
  }

  /** Lets one process deliver everything, to learn when it can be killed. */
  async survey(): Promise<void> {
    for (const watched of this.#watched) await this.#useAnother(watched);
    await this.#expectDelivered();
    this.#whole = { ...this.#count };
  }

  /**
   * Kills some processes, one after the other, and lets the next one come to its end. While one that is killed delivers, or
   * that last one, the account gets another password.
   */
  async round(overtaken: 'killed' | 'last'): Promise<void> {
    this.#count = { ...NONE };
    this.#isOvertaken = overtaken === 'killed';
    for (const watched of this.#watched) await this.#useAnother(watched);
    for (let kill = 1; kill <= KILLS_A_ROUND; kill++) await this.#kill();
    if (overtaken === 'last') {
      this.#isOvertaken = true;
      for (const watched of this.#watched) await this.#useAnother(watched);
    }
    await this.#expectDelivered();
  }

  async expectWholeJournal(): Promise<void> {
    const check = await this.#journal.verify();
    if (!check.whole) this.#broke(`the journal: ${JSON.stringify(check)}`);
  }

  async #kill(): Promise<void> {
    const { kills } = this.seen;
    const moment = MOMENTS[kills % MOMENTS.length] as Moment;
    const left = Math.max(1, this.#whole[moment] - this.#count[moment]);
    // Multiples of the golden ratio's fraction are spread evenly, however many there are.
    const number = this.#count[moment] + 1 + Math.floor(((kills * 0.618_034) % 1) * left);
    this.#aim = { moment, number };
    const process = await this.#running();
    const isAlive = await this.#tick(process);
    this.#aim = undefined;
    if (isAlive) {
      const died = once(process, 'exit');
      process.kill('SIGKILL');
      await died;
    } else this.seen.atWork += 1;
    this.seen.kills += 1;
    this.#process = undefined;
    await this.#answering;
    await this.#skip();
  }

  /** false: the process was killed before it had done all that is due. */
  async #tick(process: ChildProcess): Promise<boolean> {
    const ticked = new Promise<true>((resolve) => {
      this.#ticked = () => resolve(true);
    });
    const died = once(process, 'exit').then(([code, signal]) => {
      if (signal !== 'SIGKILL') this.#broke(`a process has ended by itself, with ${code}`);
      return false as const;
    });
    process.send({ skippedMs: this.#skippedMs });
    return Promise.race([ticked, died]);
  }

  async #expectDelivered(): Promise<void> {
    const waiting = () => this.#store.due(DELIVERIES, new Date('2100-01-01'), ACCOUNTS);
    for (let ticks = 0; ticks < MOST_TICKS && (await waiting()).length > 0; ticks++) {
      if (ticks > 0) await this.#skip();
      await this.#tick(await this.#running());
    }
    const destinations = new Destinations(this.#store, this.#sealer);
    for (const { account, newest, webhook, pastell: connector, versionOf } of this.#watched) {
      const held = versionOf.get(connector.state.password);
      const states = await Promise.all([webhook, connector].map(({ id }) => destinations.state(id)));
      const versions = [webhook.taken, held, ...states.map(({ deliveredVersion }) => deliveredVersion)];
      if (versions.some((version) => version !== newest))
        this.#broke(`${account}: ${versions} have arrived, or are said to have, where ${newest} is in use`);
    }
  }

  async #answer(received: Received, response: ServerResponse): Promise<void> {
    const [, kind, number] = /^\/(hook|api\/v2\/entite)\/(\d+)/.exec(received.path) ?? [];
    const watched = this.#watched[Number(number)] as Watched;
    const program = kind === 'hook' ? watched.webhook : watched.pastell;
    const version = kind === 'hook' ? this.#announced(watched, received) : pushed(watched, received);
    if (version !== undefined) await this.#expectInOrder(watched, program, version);
    if (this.#comes('arrived')) return void response.destroy();
    if (version !== undefined && this.#isOvertaken) {
      this.#isOvertaken = false;
      await this.#useAnother(watched);
    }
    this.#comes('taking');
    if (version !== undefined) program.taken = version;
    response.once('finish', () => this.#comes('answered'));
    const answer = kind === 'hook' ? status(204) : pastell(watched.pastell.state);
    answer(received, response);
  }

  /** Gives the version that a signed message tells of. Each version has one id, however often it is told. */
  #announced({ webhook }: Watched, { body, headers }: Received): number {
    const { data } = webhook.key.verify(body, { ...headers }) as { data: { version: number } };
    const id = headers['webhook-id'] ?? '';
    const first = webhook.idOf.get(data.version);
    if (first === undefined && [...webhook.idOf.values()].includes(id))
      this.#broke(`${id} is of two versions`);
    if (first !== undefined && first !== id) this.#broke(`${first} is told again as ${id}`);
    webhook.idOf.set(data.version, first ?? id);
    return data.version;
  }

  async #expectInOrder({ account, webhook }: Watched, program: Program, version: number): Promise<void> {
    this.seen.arrivals += 1;
    if (version === program.arrived) this.seen.repeats += 1;
    program.arrived = version;
    if (version < program.taken) this.#broke(`${program.id} gets ${version} after ${program.taken}`);
    const what = `${program === webhook ? 'passwordAnnounced' : 'passwordPushed'} version ${version}`;
    const who = `destination:${program.id}`;
    const isWanted = (entry: { readonly account?: string; readonly who: string; readonly what: string }) =>
      entry.account === account && entry.who === who && entry.what === what;
    const recorded = await this.#journal.entries({ limit: 1, isWanted });
    if (recorded.length === 0) this.#broke(`${program.id} gets ${version} before the journal has it`);
  }

  /** Whether the process was killed now. */
  #comes(moment: Moment): boolean {
    this.#count[moment] += 1;
    if (this.#aim?.moment !== moment || this.#aim.number !== this.#count[moment]) return false;
    this.#aim = undefined;
    this.#process?.kill('SIGKILL');
    return true;
  }

  async #watch(number: number): Promise<Watched> {
    const login = `tech_${number}@cpro.fr`;
    const account = accountId(login);
    await new Accounts(this.#store).add({
      login,
      siret: '21340172201787',
      structure: 'Commune de Sète',
      manager: 'teams:tenant:camille',
      alertMonths: 12,
      addedAt: new Date().toISOString(),
    });
    const destinations = new Destinations(this.#store, this.#sealer);
    const key = newWebhookSecret();
    const hook = {
      kind: 'webhook',
      account,
      url: `${this.#receiver.url}/hook/${number}`,
      viaProxy: false,
    } as const;
    const webhook = await destinations.add(hook, key, new Date());
    const connector = { kind: 'pastell', account, baseUrl: this.#receiver.url, entity: number } as const;
    const added = await destinations.add(
      { ...connector, connector: 7, user: 'bot', viaProxy: false },
      new Secret('s3cret'),
      new Date(),
    );
    const state = { connectorType: 'cpp', entity: number, login, password: 'old', accepts: () => true };
    return {
      account,
      webhook: { id: webhook.id, arrived: 0, taken: 0, key: new Webhook(key.reveal()), idOf: new Map() },
      pastell: { id: added.id, arrived: 0, taken: 0, state },
      versionOf: new Map(),
      newest: 0,
    };
  }

  /** This account has another password in use. */
  async #useAnother(watched: Watched): Promise<void> {
    const { account, versionOf } = watched;
    const credentials = new Credentials(this.#store, this.#sealer);
    const password = `password-${versionOf.size + 1}`;
    const expiry = { at: '2027-06-01T00:00:00.000Z', estimated: false };
    const about = { heldBy: 'teams:tenant:camille', heldSince: new Date(Date.now()), expiry };
    const { version } = await credentials.keep(account, new Secret(password), about);
    versionOf.set(password, version);
    await credentials.promote(account, version, new Date(Date.now()));
    watched.newest = version;
  }

  async #running(): Promise<ChildProcess> {
    if (this.#process !== undefined) return this.#process;
    const process = fork(PROCESS, [this.#storeUrl, this.#keysFile]);
    this.#process = process;
    await once(process, 'message');
    process.on('message', (word: DeliveriesWord) => {
      if (word.kind === 'called') this.#comes('called');
      else if (word.kind === 'ticked') this.#ticked();
      else if (word.kind === 'logged' && !word.line.includes('"error":"StoreUnavailable"'))
        this.#broke(word.line);
    });
    return process;
  }

  /** Everybody's clock goes on. */
  async #skip(): Promise<void> {
    this.#skippedMs += LATER_MS;
    if (this.#storeUrl.startsWith('redis:')) await ageClaims(this.#storeUrl, LATER_MS);
  }

  #broke(promise: string): void {
    if (!this.seen.broken.includes(promise)) this.seen.broken.push(promise);
  }
}

/** The version of the password that is written into a connector; undefined where none is. */
function pushed({ versionOf }: Watched, { method, body }: Received): number | undefined {
  if (method !== 'PATCH') return undefined;
  return versionOf.get(new URLSearchParams(body).get('user_password') ?? '') ?? 0;
}
