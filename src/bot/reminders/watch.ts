import { setTimeout as sleep } from 'node:timers/promises';
import { monthlyMorning } from '../../chorus/expiry.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { AccountId, Accounts } from '../../store/accounts.ts';
import type { Store } from '../../store/store.ts';
import type { DailyTest } from '../account/daily-test.ts';
import type { Administrators } from '../outgoing/administrators.ts';
import type { Case } from './case.ts';
import type { ReminderCases } from './cases.ts';
import { type Census, counted, EMPTY, isExpiringSoon, lineOf } from './census.ts';

export interface AgendaWatchDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly cases: ReminderCases;
  readonly administrators: Administrators;
  /** Undefined: it is turned off. */
  readonly dailyTest: DailyTest | undefined;
  readonly metrics: Pick<Metrics, 'accounts'>;
  readonly log: Log;
  readonly now: () => Date;
}

/** How often, and how many accounts at a time the agenda is compared with what it should be. */
const COMPARED_EVERY_MS = 60_000;
const COMPARED_AT_ONCE = 1_000;

/** More of a page missing than this share is no slip: the agenda is lost, and the next page is not waited for. */
const SLIPS = 0.1;
const REBUILD = 'agenda/rebuild';
/** For so long one replica rebuilds before any may take over; where it has died, no other does so earlier. */
const REBUILD_LEASE_MS = 60_000;

const MONTHLY = 'monthly';
/** For so long one replica is at it; and when it could not be delivered, it is tried again after that. */
const MONTHLY_PAUSE_MS = 10 * 60_000;

/**
 * Watches the agenda: page by page, slowly, every account is looked at, so that one the agenda has lost comes back;
 * and once a month the administrators read how many there are.
 */
export class AgendaWatch {
  readonly #dependencies: AgendaWatchDependencies;
  #compareAt = 0;
  #accounts: AsyncIterator<AccountId> | undefined;
  #counted = EMPTY;
  #census: Census | undefined;
  #monthlyAt = 0;
  readonly #stopping = new AbortController();
  #rebuilding: Promise<void> | undefined;

  constructor(dependencies: AgendaWatchDependencies) {
    this.#dependencies = dependencies;
  }

  async tick(now: Date): Promise<void> {
    if (now.getTime() >= this.#compareAt && this.#rebuilding === undefined) {
      this.#compareAt = now.getTime() + COMPARED_EVERY_MS;
      if (await this.#compare(now)) this.#rebuilding = this.#rebuild();
    }
    if (now.getTime() >= this.#monthlyAt) await this.#tellMonthly(now);
  }

  /** Resolves when a rebuilding that was begun has come to its end. */
  async settled(): Promise<void> {
    await this.#rebuilding;
  }

  /** Resolves when nothing is being done any more; what is left of a rebuilding is for the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.settled();
  }

  /** Page after page, in the background, until one is in order. Half of the time is left to the bot. */
  async #rebuild(): Promise<void> {
    const { store, log, now } = this.#dependencies;
    const { signal } = this.#stopping;
    try {
      for (let isLost = true, isToBeSaid = true; isLost && !signal.aborted; isToBeSaid = false) {
        const token = await store.claim(REBUILD, REBUILD_LEASE_MS);
        if (token === undefined) return;
        if (isToBeSaid) log.warn('agenda.lost');
        const until = performance.now() + REBUILD_LEASE_MS / 2;
        try {
          while (isLost && !signal.aborted && performance.now() < until) {
            const started = performance.now();
            isLost = await this.#compare(now());
            await sleep(performance.now() - started, undefined, { signal }).catch(() => undefined);
          }
        } finally {
          await store.release(REBUILD, token);
        }
      }
    } catch (error) {
      log.warn('agenda.notRebuilt', errorFields(error));
    } finally {
      this.#rebuilding = undefined;
    }
  }

  /** true: so much of the page was missing that the agenda must be lost. */
  async #compare(now: Date): Promise<boolean> {
    const { accounts, cases, dailyTest, metrics } = this.#dependencies;
    this.#accounts ??= accounts.ids()[Symbol.asyncIterator]();
    const page = await take(this.#accounts, COMPARED_AT_ONCE).catch((error: unknown) => {
      this.#accounts = undefined;
      throw error;
    });
    const found = await cases.of(page.ids, now, isExpiringSoon);
    const missing = await this.#mend(found, now);
    await dailyTest?.plan(found.map(({ account }) => account.id));
    this.#counted = found.reduce(counted, this.#counted);
    if (page.isLast) {
      this.#census = this.#counted;
      metrics.accounts(this.#census);
      this.#counted = EMPTY;
      this.#accounts = undefined;
    }
    return missing > SLIPS * page.ids.length;
  }

  /**
   * One that is missing from the agenda, or stands too late in it, is put where it belongs; too early does no harm.
   * Gives how many were missing.
   */
  async #mend(found: readonly Case[], now: Date): Promise<number> {
    const { accounts, cases, log } = this.#dependencies;
    const late = found.flatMap((each) => {
      const isNews = each.record.alert !== undefined && each.record !== each.stored;
      const look = isNews ? { ...cases.nextLook(each), at: now } : cases.nextLook(each);
      return look.at !== undefined && (each.seen === undefined || each.seen > look.at) ? [look] : [];
    });
    if (late.length === 0) return 0;
    log.warn('agenda.mended', { count: late.length });
    await accounts.lookLater(late);
    return late.filter(({ from }) => from === 'none').length;
  }

  /** So that silence is never mistaken for health. */
  async #tellMonthly(now: Date): Promise<void> {
    const { store, administrators, log } = this.#dependencies;
    const census = this.#census;
    if (census === undefined || administrators.ids.length === 0) return;
    const morning = monthlyMorning(now);
    this.#monthlyAt = morning > now ? morning.getTime() : monthlyMorning(now, 1).getTime();
    if (morning > now) return;
    const token = await store.claim(MONTHLY, MONTHLY_PAUSE_MS);
    try {
      if (token === undefined) throw new Error('another replica is at it');
      const month = morning.toISOString();
      const last = await store.read<string>(MONTHLY);
      if (last?.value === month) return;
      // The month of the first start is no month to tell about.
      if (last !== undefined)
        await administrators.tell({ title: (m) => m.reminders.monthlyTitle, sentence: lineOf(census) });
      await store.write(MONTHLY, month, last?.version ?? 0);
    } catch (error) {
      this.#monthlyAt = now.getTime() + MONTHLY_PAUSE_MS;
      log.warn('monthly.notTold', errorFields(error));
    } finally {
      if (token !== undefined) await store.release(MONTHLY, token);
    }
  }
}

async function take(
  iterator: AsyncIterator<AccountId>,
  limit: number,
): Promise<{ readonly ids: AccountId[]; readonly isLast: boolean }> {
  const ids: AccountId[] = [];
  while (ids.length < limit) {
    const next = await iterator.next();
    if (next.done === true) return { ids, isLast: true };
    ids.push(next.value);
  }
  return { ids, isLast: false };
}
