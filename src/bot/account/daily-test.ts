import { createHash } from 'node:crypto';
import type { Diagnosis, Refused, RefusedReason, Verdict } from '../../chorus/verdict.ts';
import { errorFields } from '../../log.ts';
import type { AccountRecords } from '../../store/account-records.ts';
import { type Account, type AccountId, type Accounts, renewedBy } from '../../store/accounts.ts';
import type { Credentials, Kept } from '../../store/credentials.ts';
import type { Journal } from '../../store/journal.ts';
import { RecordRefused, type Store } from '../../store/store.ts';
import type { ConnectionTests } from '../reset/connection-test.ts';
import type { ResetRunner } from '../reset/runner.ts';
import { type TestTroubleDependencies, type Trouble, tellTrouble, troubleAfter } from './test-trouble.ts';

/** What the daily test has found of one account. Instants are ISO. */
export interface Check {
  readonly testedAt: string;
  /** The password in use was refused: it is not tested again until a person has acted. */
  readonly refused?: {
    readonly version: number;
    readonly at: string;
    readonly reason?: RefusedReason;
    readonly diagnosis?: Diagnosis;
  };
  /** The last tests came to nothing. */
  readonly trouble?: Trouble;
  /** The pending password that was refused. */
  readonly refusedPending?: number;
  /** A pending password that nobody goes on with, while the one in use is still accepted. */
  readonly waiting?: { readonly version: number; readonly since: string };
}

export interface DailyTestDependencies extends TestTroubleDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly checks: AccountRecords<Check>;
  readonly credentials: Credentials;
  readonly journal: Journal;
  readonly tests: Pick<ConnectionTests, 'test'>;
  readonly resetRunner: Pick<ResetRunner, 'isRunning'>;
  readonly now: () => Date;
}

const AGENDA = 'checks';
const DAY = 24 * 60 * 60_000;
/** However the hours fall, two tests of one account are at least so far apart. */
const LEAST_PAUSE = DAY - 60 * 60_000;
/** Tests that run side by side, and the most that one look at the agenda begins. */
const AT_ONCE = 4;
const BEGUN_AT_ONCE = 20;

/**
 * The early warning: once a day the password in use is tested, so that one that was changed or locked by somebody
 * else is noticed before its date. Where it is refused and a pending one is kept, that one is tested too: a reset that
 * was abandoned, or that ran out of time, may have reached the portal all the same.
 */
export class DailyTest {
  readonly #dependencies: DailyTestDependencies;
  #round: Promise<void> | undefined;

  constructor(dependencies: DailyTestDependencies) {
    this.#dependencies = dependencies;
  }

  /** Plans the first test of those accounts that have none before them. */
  async plan(ids: readonly AccountId[]): Promise<void> {
    const { store, now } = this.#dependencies;
    const planned = await store.scheduled(AGENDA, ids);
    const fresh = ids.filter((_, i) => planned[i] === undefined);
    await store.scheduleMany(
      AGENDA,
      fresh.map((id) => ({ id, at: slotAfter(id, now()) })),
    );
  }

  /** Begins the tests whose hour has come, unless earlier ones are still running. They take their time in the background. */
  tick(): void {
    this.#round ??= this.#run()
      .catch((error: unknown) => this.#dependencies.log.error('dailyTest.failed', errorFields(error)))
      .finally(() => {
        this.#round = undefined;
      });
  }

  /** Resolves when no test is running. */
  async settled(): Promise<void> {
    await this.#round;
  }

  async #run(): Promise<void> {
    const { store, now, log } = this.#dependencies;
    const due = (await store.due(AGENDA, now(), BEGUN_AT_ONCE)) as AccountId[];
    const work = async () => {
      for (let id = due.shift(); id !== undefined; id = due.shift()) {
        try {
          await this.#test(id);
        } catch (error) {
          log.error('dailyTest.failed', { account: id, ...errorFields(error) });
          // It stays refused until somebody mends it: those that come after it are not kept waiting.
          if (error instanceof RecordRefused) await store.schedule(AGENDA, id, slotAfter(id, now()));
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async #test(id: AccountId): Promise<void> {
    const { store, accounts, checks, credentials, resetRunner } = this.#dependencies;
    const now = this.#dependencies.now();
    const account = await accounts.find(id);
    if (account === undefined) {
      await store.unschedule(AGENDA, id);
      return checks.forget(id);
    }
    const found = await checks.find(id);
    const { current, pending } = await credentials.slots(id);
    const testsCurrent = current !== undefined && mayTest(account, current, found?.value);
    const testsPending = pending !== undefined && found?.value.refusedPending !== pending.version;
    const isTooSoon = found !== undefined && now.getTime() - Date.parse(found.value.testedAt) < LEAST_PAUSE;
    const isSuspended = account.suspendedAt !== undefined;
    const isBusy =
      isSuspended || isTooSoon || !(testsCurrent || testsPending) || (await resetRunner.isRunning(account));
    // Written before the test: of all replicas one tests, and after a crash none does so again that day.
    const check = { ...found?.value, testedAt: now.toISOString() };
    const version = found?.version ?? 0;
    const isMine = !isBusy && (await checks.save(id, check, version));
    await store.schedule(AGENDA, id, slotAfter(id, now));
    if (!isMine) return;
    const next = await this.#verdicts(account, check, {
      current: testsCurrent ? current : undefined,
      pending,
      testsPending,
    });
    // Only over what the test began with: the account may have been removed meanwhile, and its check with it.
    const isKept = await checks.save(id, next, version + 1);
    if (isKept && JSON.stringify(next) !== JSON.stringify(check)) await accounts.lookAgain(id);
  }

  async #verdicts(
    account: Account,
    check: Check,
    kept: { current: Kept | undefined; pending: Kept | undefined; testsPending: boolean },
  ): Promise<Check> {
    const { credentials, now } = this.#dependencies;
    const { testedAt } = check;
    const { current, pending, testsPending } = kept;
    let next = check;
    if (current !== undefined) {
      const verdict = await this.#verdictOn(account, current);
      if (verdict?.outcome === 'accepted') {
        await credentials.proven(account.id, current.version, now());
        await this.#renewed(account, current);
        return { testedAt, ...refusedPendingOf(check), ...waitingOf(pending, now()) };
      }
      if (!isRefused(verdict)) return this.#troubled(account, check, verdict);
      await this.#record(account, 'connection refused');
      const { reason, diagnosis } = verdict;
      const refused = { version: current.version, at: now().toISOString(), reason };
      next = { ...withoutTrouble(check), refused: { ...refused, ...(diagnosis && { diagnosis }) } };
    }
    if (pending === undefined || !testsPending) return next;
    const verdict = await this.#verdictOn(account, pending);
    if (verdict?.outcome === 'accepted') {
      await this.#promote(account, pending);
      return { testedAt };
    }
    if (isRefused(verdict)) return { ...withoutTrouble(next), refusedPending: pending.version };
    return this.#troubled(account, next, verdict);
  }

  /** Of this very version: another one may have taken its place meanwhile, and its verdict would be another's. */
  async #verdictOn(account: Account, { version }: Kept): Promise<Verdict | undefined> {
    const { tests } = this.#dependencies;
    return tests.test(account, { version, isAutomatic: true, isBackground: true }, async (given) => given);
  }

  /** Neither yes nor no: it is counted, and told once it lasts. */
  async #troubled(account: Account, check: Check, verdict: Verdict | undefined): Promise<Check> {
    const trouble = troubleAfter(check.trouble, verdict);
    if (trouble === undefined) return withoutTrouble(check);
    if (verdict?.outcome === 'unknown' && trouble !== check.trouble) {
      // Its manager may be another one by now (P9).
      const present = await this.#dependencies.accounts.find(account.id);
      if (present !== undefined) await tellTrouble(this.#dependencies, present, verdict, trouble);
    }
    return { ...check, trouble };
  }

  /** A reset that nobody went on with had reached the portal: its password is the one that works (P2). */
  async #promote(account: Account, pending: Kept): Promise<void> {
    const { credentials, now } = this.#dependencies;
    const at = now();
    if ((await credentials.promote(account.id, pending.version, at)) === 'gone') return;
    await this.#renewed(account, { ...pending, currentSince: at.toISOString() });
    await this.#record(account, 'passwordAccepted');
  }

  /** Where it came to nothing after a promotion, the next test does it: people would be warned of the former date. */
  async #renewed({ id, lastUpdated = '' }: Account, { expiry, currentSince = '' }: Kept): Promise<void> {
    if (lastUpdated >= currentSince) return;
    await this.#dependencies.accounts.change(id, (a) => renewedBy(a, expiry, new Date(currentSince)));
  }

  #record(account: Account, what: string): Promise<void> {
    const { journal, now } = this.#dependencies;
    return journal.append({ at: now(), who: 'bot', what, account: account.id });
  }
}

/** Not again after a refusal, until a person has entered another password or has had this one accepted. */
function mayTest({ conclusiveTest = '' }: Account, current: Kept, check: Check | undefined): boolean {
  const refused = check?.refused;
  return refused === undefined || refused.version !== current.version || conclusiveTest > refused.at;
}

function isRefused(verdict: Verdict | undefined): verdict is Refused {
  return verdict?.outcome === 'refused';
}

function withoutTrouble({ trouble: _trouble, ...check }: Check): Check {
  return check;
}

function refusedPendingOf({ refusedPending }: Check): Pick<Check, 'refusedPending'> {
  return refusedPending === undefined ? {} : { refusedPending };
}

/** A day is what a reset may well take. */
function waitingOf(pending: Kept | undefined, now: Date): Pick<Check, 'waiting'> {
  if (pending === undefined || now.getTime() - Date.parse(pending.heldSince) < DAY) return {};
  return { waiting: { version: pending.version, since: pending.heldSince } };
}

/** The same minute of every day for one account, and spread over the day for all of them. */
function slotAfter(id: string, after: Date): Date {
  const offset = createHash('sha256').update(id).digest().readUInt32BE() % DAY;
  const start = after.getTime() - ((after.getTime() - offset) % DAY);
  return new Date(start > after.getTime() ? start : start + DAY);
}
