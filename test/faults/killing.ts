import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import { fr } from '../../src/cards/messages.ts';
import { type AccountId, accountId } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials, type OpenedPassword } from '../../src/store/credentials.ts';
import { addSealingKey, readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Resets } from '../../src/store/resets.ts';
import { Sealer } from '../../src/store/seal.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { ATTACHMENTS, Piste, type Reply, WRONG_PASSWORD } from '../chorus/piste.ts';
import type { CrashingRenewal, Order, Renewal, Word } from './kill-orders.ts';
import { addAccount } from './submissions.ts';
import { FULL, tell } from './volume.ts';

/** Compiled beforehand (see global.ts): it is started hundreds of times. */
const PROCESS = join(process.cwd(), 'dist/build/test/faults/kill-process.js');

/** So many rounds that each point is met 300 times: five in seven end in a promotion. */
export const KILLS = FULL ? 420 : 7;

/** How often the bot looks at its agenda, in ms; and the longest that a reset may stand still after a restart. */
const TICK = 3_000;
const LONGEST_STANDSTILL = 30_000;
/** After a crash in the middle of a submission the person may try again that soon. */
const SUBMISSION_OVER = 31_000;

/** What Chorus Pro says to every password of a round. */
const VERDICTS = ['accepted', 'accepted', 'refused', 'accepted', 'accepted', 'unknown', 'accepted'] as const;
const TITLES = {
  accepted: fr.test.accepted.title,
  refused: fr.test.refused.title,
  unknown: fr.test.unknown.title,
};
const ACCEPTED: Reply = {
  status: 200,
  body: { codeRetour: 0, libelle: 'GCU_MSG_01_000', parametresRetour: { pages: 1 } },
};

export interface Seen {
  points: number;
  kills: number;
  /** How often the bot was stopped at the point that was reached least: a refused password is never promoted. */
  crashesAtAPoint: number;
  /** How many renewals were stopped, and how many of those had been told that their password is kept. */
  crashes: number;
  acknowledged: number;
  /** Tests that a kill cut off, and the slowest of them to go on after the restart, in seconds. */
  resumed: number;
  slowestResume: number;
  /** What must stay empty: every broken promise, in words. */
  readonly broken: string[];
}

export interface KillingOptions {
  readonly storeUrl: string;
  /** Makes what was claimed for a time end so much sooner, in ms; for a store whose clock is its own. */
  readonly age?: (ms: number) => Promise<unknown>;
  readonly replicas: 1 | 3;
  readonly rounds: number;
}

/**
 * Kills processes with -9 in the middle of renewals: in each round one process dies with every renewal cut at another
 * call, by turns just before the call leaves and just after it was done. What a process leaves behind, the next one, or
 * the other replicas, must bring to its end.
 */
export async function killAtEveryCall(options: KillingOptions): Promise<Seen> {
  const killing = await Killing.open(options);
  try {
    await killing.survey();
    for (let round = 1; round <= options.rounds; round++) await killing.round(round);
    return killing.seen;
  } finally {
    await killing.close();
  }
}

/** In one line, and as a file. */
export function tellKills(suite: string, seen: Seen): void {
  const { points, kills, crashesAtAPoint, crashes, acknowledged, resumed, slowestResume, broken } = seen;
  tell(
    suite,
    `${points} points, ${crashesAtAPoint} kill -9 or more at each, ${crashes} renewals stopped by ${kills} kills, ${acknowledged} of them told « gardé », ${resumed} went on by themselves, the slowest after ${slowestResume.toFixed(1)} s, ${broken.length} promises broken`,
    { ...seen },
  );
}

class Killing {
  readonly seen: Seen = {
    points: 0,
    kills: 0,
    crashesAtAPoint: 0,
    crashes: 0,
    acknowledged: 0,
    resumed: 0,
    slowestResume: 0,
    broken: [],
  };
  readonly #options: KillingOptions;
  readonly #folder: string;
  readonly #store: Store;
  readonly #credentials: Credentials;
  readonly #resets: Resets<ResetRecord>;
  readonly #piste = new Piste();
  readonly #replicas: ChildProcess[] = [];
  /** Loaded, and idle until it takes the place of one that was killed. */
  #spare: Promise<ChildProcess> | undefined;
  /** One renewal for each point, with an account of its own. */
  #crashPoints: { readonly account: AccountId; readonly way: Renewal['way']; readonly point: string }[] = [];
  /** `login:password` of all that Chorus Pro has accepted. */
  readonly #accepted = new Set<string>();
  readonly #inUse = new Map<string, string>();
  /** How often each account's renewal was stopped. */
  readonly #times = new Map<string, number>();
  #skipped = 0;

  private constructor(options: KillingOptions, folder: string, store: Store, sealer: Sealer) {
    this.#options = options;
    this.#folder = folder;
    this.#store = store;
    this.#credentials = new Credentials(store, sealer);
    this.#resets = new Resets(store);
  }

  static async open(options: KillingOptions): Promise<Killing> {
    const folder = mkdtempSync(join(tmpdir(), 'kill-'));
    writeFileSync(join(folder, 'words'), '');
    await addSealingKey(join(folder, 'keys.json'));
    const sealer = new Sealer(await readSealingKeys(join(folder, 'keys.json')));
    const killing = new Killing(
      options,
      folder,
      new AuthenticatedStore(await openStore(options.storeUrl), sealer),
      sealer,
    );
    killing.#piste.instead = ({ path, headers }) =>
      path === ATTACHMENTS ? killing.#verdict(String(headers['cpro-account'])) : undefined;
    await killing.#piste.start();
    for (let i = 0; i < options.replicas; i++) killing.#replicas.push(await killing.#next());
    return killing;
  }

  async close(): Promise<void> {
    for (const replica of this.#replicas) replica.kill('SIGKILL');
    (await this.#spare)?.kill('SIGKILL');
    await this.#piste.stop();
    await this.#store.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Lets one renewal of each way through whole, to learn where it can be stopped. */
  async survey(): Promise<void> {
    for (const way of ['atOnce', 'putAway'] as const) {
      const renewal = { ...(await this.#account(way)), way, password: 'accepted-0', submission: way };
      const [replica] = this.#replicas as [ChildProcess];
      const points = await this.#order(replica, { kind: 'survey', renewal });
      for (const point of points)
        this.#crashPoints.push({ ...(await this.#account(`${way}${point}`)), way, point });
    }
    this.seen.points = this.#crashPoints.length;
  }

  async round(round: number): Promise<void> {
    const verdict = VERDICTS[round % VERDICTS.length] ?? 'accepted';
    const renewals = this.#crashPoints.map(({ account, way, point }, i): CrashingRenewal => {
      const when = (round + i) % 2 === 0 ? 'after' : 'before';
      const submission = `${account}/${round}`;
      return { account, way, submission, password: `${verdict}-${round}`, crashPoint: { point, when } };
    });
    this.#piste.calls.length = 0;
    truncateSync(this.#words);
    await this.#kill(this.#replicas.shift() as ChildProcess, renewals);
    await this.#expectKept(renewals);
    // Alone, it must be there again before anything goes on; one of three comes back when it can.
    const restarted = this.#next();
    if (this.#replicas.length === 0) this.#replicas.push(await restarted);
    await this.#expectResumed(renewals, verdict);
    await this.#skip(SUBMISSION_OVER);
    await this.#all({ kind: 'finish', renewals });
    if (!this.#replicas.includes(await restarted)) this.#replicas.push(await restarted);
    await this.#expectFinished(renewals, verdict);
  }

  async #kill(victim: ChildProcess, renewals: readonly CrashingRenewal[]): Promise<void> {
    const died = once(victim, 'exit');
    victim.send({ kind: 'die', skipped: this.#skipped, renewals } satisfies Order);
    await this.#all({ kind: 'tick' });
    const [, signal] = await died;
    if (signal !== 'SIGKILL') throw new Error(`the process ended by ${signal}`);
    this.seen.kills += 1;
    const { missed } = this.#read();
    for (const { account } of renewals.filter((each) => !missed.has(each.account))) {
      this.seen.crashes += 1;
      this.#times.set(account, (this.#times.get(account) ?? 0) + 1);
    }
    this.seen.crashesAtAPoint = Math.min(...renewals.map(({ account }) => this.#times.get(account) ?? 0));
  }

  /** Right after the kill: nothing that was said to be kept is lost, and nothing is in use that was not accepted. */
  async #expectKept(renewals: readonly Renewal[]): Promise<void> {
    const { kept } = this.#read();
    for (const { account, password } of renewals) {
      const { pending, current, previous, setAside } = await this.#held(account);
      const before = this.#inUse.get(account);
      const all = [pending, current, previous, ...setAside];
      if (kept.has(`${account} ${password}`)) {
        this.seen.acknowledged += 1;
        if (!all.includes(password)) this.#broke(`${account} lost ${password}`);
      }
      if (current !== before && !(current === password && this.#accepted.has(`${account}:${password}`)))
        this.#broke(`${account} uses ${current}, which was not accepted`);
      if (current !== before && previous !== before) this.#broke(`${account} lost the password used before`);
      if (current === pending) this.#broke(`${account} has ${current} twice`);
    }
  }

  /** What was being tested goes on without anybody, and the card that people look at says so. */
  async #expectResumed(renewals: readonly Renewal[], verdict: keyof typeof TITLES): Promise<void> {
    const restarted = this.#now;
    let waiting = await this.#standing(renewals, verdict);
    this.seen.resumed += waiting.length;
    for (let waited = 0; waiting.length > 0 && waited < LONGEST_STANDSTILL; waited += TICK) {
      if (waited > 0) await this.#skip(TICK);
      await this.#all({ kind: 'tick' });
      waiting = await this.#standing(waiting, verdict);
    }
    this.seen.slowestResume = Math.max(this.seen.slowestResume, (this.#now - restarted) / 1_000);
    for (const { account, step, title } of waiting)
      this.#broke(`${account} stands at ${step}, and its card says « ${title} »`);
  }

  /** Which of these wait for their verdict, or for their card to show it. */
  async #standing(of: readonly { readonly account: AccountId }[], verdict: keyof typeof TITLES) {
    const { drawn } = this.#read();
    const saved = await patiently(() => this.#resets.findMany(of.map(({ account }) => account)));
    return of
      .map(({ account }, i) => {
        const { reset, posted } = saved[i]?.value ?? {};
        return { account, step: reset?.step, title: posted && (drawn.get(posted.message) ?? 'rien') };
      })
      .filter(
        ({ step, title }) =>
          step === 'testing' || (step === verdict && title !== undefined && title !== TITLES[verdict]),
      );
  }

  /** Once its manager has done what the card asks for, the renewal has ended as if nothing had happened. */
  async #expectFinished(renewals: readonly Renewal[], verdict: keyof typeof TITLES): Promise<void> {
    this.#read();
    for (const { account, password } of renewals) {
      const { pending, current, previous } = await this.#held(account);
      const before = this.#inUse.get(account);
      const isRight =
        verdict === 'accepted'
          ? current === password && previous === before
          : current === before && pending === password;
      if (!isRight) this.#broke(`${account} ended with ${pending}, ${current}, ${previous}`);
      this.#inUse.set(account, current ?? '');
    }
  }

  async #held(account: AccountId) {
    const text = (opened: OpenedPassword | undefined) => opened?.secret.reveal();
    const [pending, current, previous, setAside] = await patiently(() =>
      Promise.all([
        this.#credentials.pending(account),
        this.#credentials.current(account),
        this.#credentials.previous(account),
        this.#credentials.setAside(account),
      ]),
    );
    return {
      pending: text(pending),
      current: text(current),
      previous: text(previous),
      setAside: setAside.map(text),
    };
  }

  /** What the processes have written down in this round. */
  #read() {
    const missed = new Set<string>();
    const kept = new Set<string>();
    const drawn = new Map<string, string>();
    for (const line of readFileSync(this.#words, 'utf8').split('\n').filter(Boolean)) {
      const word = JSON.parse(line) as Word;
      if ('kept' in word) kept.add(`${word.account} ${word.kept}`);
      else if ('drawn' in word) drawn.set(word.drawn, word.title);
      else if ('missed' in word) missed.add(word.missed);
      else if (!word.logged.includes('"error":"StoreUnavailable"')) this.#broke(`logged: ${word.logged}`);
    }
    return { missed, kept, drawn };
  }

  #broke(promise: string): void {
    if (!this.seen.broken.includes(promise)) this.seen.broken.push(promise);
  }

  #verdict(header: string): Reply {
    const account = Buffer.from(header, 'base64').toString();
    const [, password = ''] = account.split(':');
    if (password.startsWith('refused')) return WRONG_PASSWORD;
    if (password.startsWith('unknown')) return { status: 503 };
    this.#accepted.add(account);
    return ACCEPTED;
  }

  get #words(): string {
    return join(this.#folder, 'words');
  }

  get #now(): number {
    return Date.now() + this.#skipped;
  }

  /** Everybody's clock goes on. */
  async #skip(ms: number): Promise<void> {
    this.#skipped += ms;
    await this.#options.age?.(ms);
  }

  #all(order: Bare<Order>): Promise<unknown> {
    return Promise.all(this.#replicas.map((replica) => this.#order(replica, order)));
  }

  async #order(replica: ChildProcess, order: Bare<Order>): Promise<readonly string[]> {
    const obeyed = once(replica, 'message');
    replica.send({ ...order, skipped: this.#skipped });
    const [answer] = await obeyed;
    return answer as readonly string[];
  }

  #next(): Promise<ChildProcess> {
    const next = this.#spare ?? this.#start();
    this.#spare = this.#start();
    return next;
  }

  async #start(): Promise<ChildProcess> {
    const process = fork(PROCESS, [
      this.#options.storeUrl,
      join(this.#folder, 'keys.json'),
      this.#piste.url,
      this.#words,
    ]);
    await once(process, 'message');
    return process;
  }

  /** An account of its own, with a password in use. */
  async #account(named: string): Promise<{ readonly account: AccountId }> {
    const account = accountId(named.replace(/\W/g, '_'));
    await addAccount(this.#store, this.#credentials, account);
    this.#inUse.set(account, 'first');
    return { account };
  }
}

/** A busy machine may keep the store's answer for too long; whoever looks then, looks again. */
async function patiently<T>(look: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || tries === 10) throw error;
      await sleep(500);
    }
  }
}

/** Each kind of order, without what is the same for all. */
type Bare<O> = O extends Order ? Omit<O, 'skipped'> : never;
