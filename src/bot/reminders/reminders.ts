import type { Metrics } from '../../metrics.ts';
import type { AccountId } from '../../store/accounts.ts';
import type { Resets } from '../../store/resets.ts';
import type { Claimed } from '../../store/store.ts';
import type { ClickAnswer, Clicked } from '../channel.ts';
import { DELIVERY_PACE, type DeliveryPace } from '../outgoing/deadline.ts';
import { ResetClosing } from '../reset/closing.ts';
import type { ResetRecord } from '../reset/record.ts';
import { batches, type DueReminder } from './batches.ts';
import { type Case, drawnFrom, isReached, refusalOf } from './case.ts';
import { type CasesDependencies, ReminderCases } from './cases.ts';
import { KnownPeople } from './known-people.ts';
import { LostReaders } from './lost-readers.ts';
import { isOpen, quietUntil } from './plan.ts';
import { ReminderDelivery } from './reminder-delivery.ts';
import { SnoozeClicks } from './snooze.ts';
import { ReminderViews, type ReminderViewsDependencies } from './views.ts';
import { AgendaWatch, type AgendaWatchDependencies } from './watch.ts';

export interface RemindersDependencies
  extends CasesDependencies,
    ReminderViewsDependencies,
    Omit<AgendaWatchDependencies, 'cases'> {
  readonly resets: Resets<ResetRecord>;
  readonly metrics: Metrics;
  readonly now: () => Date;
  readonly pace?: Pace;
}

/** Real time, whatever the clock of the bot says. */
export interface Pace extends DeliveryPace {
  /** How long one tick goes on sending before it lets the bot do something else; with the patience, less than the lease. */
  readonly budgetMs: number;
}

const PACE: Pace = { ...DELIVERY_PACE, budgetMs: 10_000 };

/** The most accounts that one tick looks at. */
const LOOKED_AT_ONCE = 1_000;

/**
 * Delivers what the calendar says is due.
 *
 * Each replica looks at the accounts whose instant has come, and claims those that it takes on. A delivery is written
 * down once it was made, and they are made one after the other: a crash loses none, and repeats one message at most
 * (P8). The instant of an account moves with whatever changes the account.
 */
export class Reminders {
  readonly #dependencies: RemindersDependencies;
  readonly #pace: Pace;
  readonly #cases: ReminderCases;
  readonly #views: ReminderViews;
  readonly #lostReaders: LostReaders;
  readonly #delivery: ReminderDelivery;
  readonly #snooze: SnoozeClicks;
  readonly #watch: AgendaWatch;
  readonly knownPeople: KnownPeople;

  constructor(dependencies: RemindersDependencies) {
    this.#dependencies = dependencies;
    this.#pace = dependencies.pace ?? PACE;
    this.#cases = new ReminderCases(dependencies, (...forgotten) => this.#views.drawForgotten(...forgotten));
    this.#views = new ReminderViews(dependencies, this.#cases);
    this.knownPeople = new KnownPeople(dependencies);
    const shared = {
      ...dependencies,
      cases: this.#cases,
      views: this.#views,
      knownPeople: this.knownPeople,
      resetClosing: new ResetClosing(dependencies),
      patienceMs: this.#pace.patienceMs,
    };
    this.#lostReaders = new LostReaders(shared);
    this.#delivery = new ReminderDelivery(shared);
    this.#snooze = new SnoozeClicks(shared);
    this.#watch = new AgendaWatch({ ...dependencies, cases: this.#cases });
  }

  async tick(): Promise<void> {
    const { accounts, now } = this.#dependencies;
    const at = now();
    const due = await accounts.due(at, LOOKED_AT_ONCE);
    if (due.length > 0) await this.#look(due, at);
    await this.#watch.tick(at);
  }

  /** Resolves when everybody who has written is remembered, and an agenda that was lost is there again. */
  async settled(): Promise<void> {
    await this.knownPeople.settled();
    await this.#watch.settled();
  }

  /** Resolves when nothing is being done any more. */
  async stop(): Promise<void> {
    await this.#watch.stop();
    await this.settled();
  }

  /** « Me le rappeler », clicked. */
  snooze(turn: Clicked): Promise<ClickAnswer> {
    return this.#snooze.clicked(turn);
  }

  async #look(ids: readonly AccountId[], now: Date): Promise<void> {
    const { store, accounts } = this.#dependencies;
    const until = performance.now() + this.#pace.budgetMs;
    const keys = ids.map((id) => `reminder/${id}`);
    const tokens = await store.claimMany(keys, this.#pace.leaseMs);
    const claims = keys.flatMap((key, i) => claimOf(key, tokens[i]));
    try {
      const mine = ids.filter((_, i) => tokens[i] !== undefined);
      const cases = await this.#cases.of(mine, now, () => true);
      for (const each of cases) {
        await this.#lostReaders.close(each);
        this.#redraw(each);
      }
      await this.#deliver(cases, until);
      await Promise.all(cases.map((each) => this.#save(each)));
      await accounts.lookLater(cases.map((each) => this.#cases.nextLook(each)));
    } finally {
      await store.releaseMany(claims);
    }
  }

  async #deliver(cases: readonly Case[], until: number): Promise<void> {
    for (const reminders of batches(cases.flatMap((each) => this.#dueReminders(each)))) {
      if (performance.now() < until) await this.#delivery.send(reminders);
      else for (const each of reminders) each.about.isUnfinished = true;
    }
  }

  #dueReminders(about: Case): DueReminder[] {
    const { told: delivered } = about.record;
    return this.#cases.recipients(about).flatMap((to) => {
      const alert = this.#cases.alertFor(about, to);
      if (alert === undefined || !isReached(to)) return [];
      const isDue =
        isOpen(alert, delivered[to.key]) &&
        quietUntil(delivered[to.key], refusalOf(about)) <= about.now.toISOString();
      return isDue ? [{ about, alert, to }] : [];
    });
  }

  /** Draws the living cards anew where what they say has changed without anything to tell. */
  #redraw(about: Case): void {
    const { alert, drawn: before, told: delivered } = about.record;
    if (alert === undefined || alert.kind === 'renewed') return;
    const drawn = drawnFrom(about);
    if (drawn === before) return;
    about.record = { ...about.record, drawn };
    if (before === undefined) return;
    for (const [key, each] of Object.entries(delivered)) {
      const { posted, language, refusedAt } = each;
      // Also who was told of a refusal alone reads that it is over.
      if (posted === undefined) continue;
      const to = { key, language, place: posted.place };
      const isCurrent =
        each.key === this.#cases.alertFor(about, to)?.key ||
        (alert.kind === 'expiry' && refusedAt !== undefined);
      if (!isCurrent) continue;
      this.#dependencies.cards.drawLater(posted, this.#views.cardOn(about, to, each));
    }
  }

  async #save({ account, record, stored, version }: Case): Promise<void> {
    const isNothing = stored === undefined && record.alert === undefined;
    // Where somebody else was first, they have had the account looked at again.
    if (record !== stored && !isNothing) await this.#dependencies.records.save(account.id, record, version);
  }
}

function claimOf(key: string, token: string | undefined): Claimed[] {
  return token === undefined ? [] : [{ key, token }];
}
