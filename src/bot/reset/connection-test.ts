import { setTimeout as sleep } from 'node:timers/promises';
import { STRUCTURES_SHOWN, type StructuresView } from '../../cards/blocks.ts';
import type { ChorusClient } from '../../chorus/client.ts';
import { diagnosisFields, diagnosisLine, isAttempt } from '../../chorus/diagnosis.ts';
import { BACKGROUND_TEST_OVERDUE, TEST_OVERDUE } from '../../chorus/procedures/reset.ts';
import type { Accepted, Diagnosis, Verdict } from '../../chorus/verdict.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { AccountRecords } from '../../store/account-records.ts';
import type { Account } from '../../store/accounts.ts';
import type { Credentials, OpenedPassword } from '../../store/credentials.ts';
import type { Journal } from '../../store/journal.ts';
import { SealBroken } from '../../store/seal.ts';
import { RecordRefused, type Store } from '../../store/store.ts';
import { TestAttempts } from '../../store/test-attempts.ts';

export interface ConnectionTestsDependencies {
  readonly store: Store;
  readonly testRecords: AccountRecords<TestRecord>;
  readonly credentials: Credentials;
  readonly chorus: Pick<ChorusClient, 'testConnection'>;
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
}

export interface ToTest {
  readonly version: number;
  /** Nobody has asked for it. */
  readonly isAutomatic: boolean;
  /** Nobody waits for it: Chorus Pro has a minute. */
  readonly isBackground?: boolean;
}

/** What a test has said, as far as cards show it. */
export type Tested =
  | { readonly outcome: 'accepted'; readonly structures: StructuresView }
  /** `isEnough`: too often today to be tested once more. */
  | {
      readonly outcome: 'refused';
      readonly reason: string;
      readonly isEnough?: true;
      readonly diagnosis?: Diagnosis;
    }
  | { readonly outcome: 'unknown'; readonly reason: string; readonly diagnosis?: Diagnosis };

/** What is remembered of an account's tests. Instants are ISO. */
export interface TestRecord {
  /** The last one that somebody asked for. */
  readonly last?: { readonly version: number; readonly at: string; readonly tested: Tested };
}

/** Over, even on a slow store, before a test counts as overdue: whoever starts it anew must find it free. */
const CLAIM_ENDS_BEFORE_MS = 4_000;
/** A click that comes so soon after a verdict is the one that asked for it, delivered again. */
const SAME_CLICK_MS = 10_000;
/** How often, and for how long, whoever asks while a test is running looks whether it is over. */
const LOOKED_EVERY_MS = 250;
const LOOKS_AT_MOST = TEST_OVERDUE / LOOKED_EVERY_MS;

/**
 * Connection tests of kept passwords, one at a time for an account: Chorus Pro locks an account that is refused too often,
 * whoever asks, on whatever replica, and for whatever reason.
 */
export class ConnectionTests {
  readonly #dependencies: ConnectionTestsDependencies;
  readonly #attempts: TestAttempts;

  constructor(dependencies: ConnectionTestsDependencies) {
    this.#dependencies = dependencies;
    this.#attempts = new TestAttempts(dependencies.store, dependencies.now);
  }

  /**
   * Asks Chorus Pro about this version, and has `follow` act on the verdict before another test of the account may begin.
   * undefined: one is running already.
   */
  async test<Result extends object>(
    account: Account,
    tested: ToTest,
    follow: (verdict: Verdict, opened: OpenedPassword | undefined) => Promise<Result>,
  ): Promise<Result | undefined> {
    const work = async () => {
      const { credentials } = this.#dependencies;
      const opened = await credentials.version(account.id, tested.version).catch(unlessBroken);
      return follow(await this.#verdictOn(account, tested, opened), opened);
    };
    return this.#alone(account, work, tested.isBackground ? BACKGROUND_TEST_OVERDUE : TEST_OVERDUE);
  }

  /**
   * For a person's click: however often it is delivered, it makes one test; whoever asks while one is running waits for
   * it. A password that was refused as often as a reset would ask is not tested again that day.
   */
  async testOnce(
    account: Account,
    version: number,
    follow: (verdict: Verdict) => Promise<unknown>,
  ): Promise<Tested> {
    for (let looks = 0; looks < LOOKS_AT_MOST; looks++) {
      if (looks > 0) await sleep(LOOKED_EVERY_MS);
      // Read before the claim too: of many who wait, all read the verdict at once.
      const tested =
        (await this.#knownOf(account, version)) ??
        (await this.#alone(account, () => this.#testUnlessKnown(account, version, follow), TEST_OVERDUE));
      if (tested !== undefined) return tested;
    }
    return { outcome: 'unknown', reason: 'timeout' };
  }

  async #testUnlessKnown(
    account: Account,
    version: number,
    follow: (verdict: Verdict) => Promise<unknown>,
  ): Promise<Tested> {
    const { testRecords, credentials, now } = this.#dependencies;
    const known = await this.#knownOf(account, version);
    if (known !== undefined) return known;
    const opened = await credentials.version(account.id, version).catch(unlessBroken);
    const verdict = await this.#verdictOn(account, { version, isAutomatic: false }, opened);
    await follow(verdict);
    const tested = testedOf(verdict);
    await testRecords.change(account.id, (before) => ({
      ...before,
      last: { version, at: now().toISOString(), tested },
    }));
    return tested;
  }

  /** What is answered without a test; undefined: one is to be made. */
  async #knownOf(account: Account, version: number): Promise<Tested | undefined> {
    const { testRecords, now } = this.#dependencies;
    const record = (await testRecords.find(account.id))?.value ?? {};
    const { last } = record;
    if (last?.version === version && now().getTime() - Date.parse(last.at) < SAME_CLICK_MS)
      return last.tested;
    const allowance = await this.#attempts.allowance(account.id, version, false);
    if (allowance.isAllowed) return undefined;
    const isRefused = last?.version === version && last.tested.outcome === 'refused';
    return isRefused
      ? { ...(last.tested as Extract<Tested, { outcome: 'refused' }>), isEnough: true }
      : { outcome: 'unknown', reason: 'attemptsSpent' };
  }

  async #verdictOn(account: Account, tested: ToTest, opened: OpenedPassword | undefined): Promise<Verdict> {
    const { chorus } = this.#dependencies;
    if (opened === undefined) return { outcome: 'unknown', reason: 'notOpened' };
    const allowance = await this.#attempts.allowance(account.id, tested.version, tested.isAutomatic);
    if (!allowance.isAllowed) return this.#spent(account, tested.version, allowance.freeAt);
    const { isBackground = false } = tested;
    const verdict = await chorus.testConnection(account, opened.secret, { isBackground });
    await this.#note(account, tested, verdict);
    return verdict;
  }

  /** What the bot may no longer do by itself, a person may: two attempts are left for them. */
  async #spent(account: Account, version: number, freeAt: Date): Promise<Verdict> {
    const forPeople = await this.#attempts.allowance(account.id, version, false);
    return {
      outcome: 'unknown',
      reason: 'attemptsSpent',
      retryAfterSeconds: this.#secondsUntil(freeAt),
      ...(forPeople.isAllowed ? {} : { peopleRetryAfterSeconds: this.#secondsUntil(forPeople.freeAt) }),
    };
  }

  #secondsUntil(at: Date): number {
    return Math.ceil((at.getTime() - this.#dependencies.now().getTime()) / 1000);
  }

  /** Leaves the diagnosis behind. A verdict is not lost because something cannot be written down. */
  async #note(account: Account, { version, isAutomatic }: ToTest, verdict: Verdict): Promise<void> {
    const { journal, metrics, log, now } = this.#dependencies;
    const fields = diagnosisFields(verdict);
    metrics.connectionTest(verdict.outcome, fields.class);
    log.info('connection.tested', { account: account.id, version, outcome: verdict.outcome, ...fields });
    try {
      if (isAttempt(verdict)) await this.#attempts.note(account.id, version, isAutomatic);
      // What was accepted is in the journal already, by what follows from it.
      if (verdict.outcome === 'accepted' || verdict.diagnosis === undefined) return;
      const what = `connectionTested version ${version} ${diagnosisLine(verdict)}`;
      await journal.append({ at: now(), who: 'bot', what, account: account.id });
    } catch (error) {
      log.warn('test.notNoted', { account: account.id, ...errorFields(error) });
    }
  }

  /** undefined: a test of this account is running. */
  async #alone<Result>(
    account: Account,
    work: () => Promise<Result>,
    overdueMs: number,
  ): Promise<Result | undefined> {
    const { store } = this.#dependencies;
    const claim = `test/${account.id}`;
    const token = await store.claim(claim, overdueMs - CLAIM_ENDS_BEFORE_MS);
    if (token === undefined) return undefined;
    try {
      return await work();
    } finally {
      await store.release(claim, token);
    }
  }
}

function testedOf(verdict: Verdict): Tested {
  if (verdict.outcome !== 'accepted') return verdict;
  return { outcome: 'accepted', structures: structuresOf(verdict) };
}

/** What cards show of the list. */
export function structuresOf({ structures, complete, unreadable, own }: Accepted): StructuresView {
  return {
    shown: structures.slice(0, STRUCTURES_SHOWN),
    total: structures.length,
    ...(complete ? {} : { isIncomplete: true as const }),
    ...(unreadable === undefined ? {} : { unreadable }),
    ...(own === undefined ? {} : { own }),
  };
}

/** A password that can no longer be opened cannot be tested: the person reads so, and may enter it again. */
function unlessBroken(error: unknown): undefined {
  if (!(error instanceof SealBroken || error instanceof RecordRefused)) throw error;
}
