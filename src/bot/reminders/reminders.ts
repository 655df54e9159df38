import { noticeCard } from '../../cards/conversation-cards.ts';
import { digestCard, reminderCard, SNOOZE_CHOICE } from '../../cards/reminder-cards.ts';
import { inTime } from '../../deadline.ts';
import { errorFields } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Account, AccountId } from '../../store/accounts.ts';
import type { Resets } from '../../store/resets.ts';
import { mayReset } from '../../store/rights.ts';
import type { Claimed } from '../../store/store.ts';
import {
  accountIdOf,
  type ClickAnswer,
  type Clicked,
  channelOf,
  MessageGone,
  PLATFORM_NAMES,
  PlaceGone,
  type Posted,
  placeKey,
  TryLater,
} from '../channel.ts';
import { DELIVERY_PACE, type DeliveryPace, failed } from '../outgoing/deadline.ts';
import { ResetClosing } from '../reset/closing.ts';
import type { ResetRecord } from '../reset/record.ts';
import { readerOf } from '../rights.ts';
import {
  type Case,
  drawnFrom,
  isReached,
  isTeam,
  type Reached,
  type Recipient,
  refusalOf,
  snoozesOf,
} from './case.ts';
import { type CasesDependencies, ReminderCases } from './cases.ts';
import { KnownPeople } from './known-people.ts';
import {
  type Alert,
  firstRecord,
  isOpen,
  isRenewal,
  quietUntil,
  type ReminderRecord,
  type Told,
  withNews,
  withWaiting,
} from './plan.ts';
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

/** In ms of real time. */
export interface Pace extends DeliveryPace {
  /** How long one tick goes on sending before it lets the bot do something else; with the patience, less than the lease. */
  readonly budget: number;
}

const PACE: Pace = { ...DELIVERY_PACE, budget: 10_000 };

/** The most accounts that one tick looks at. */
const LOOKED_AT_ONCE = 1_000;
/** The most accounts on one digest, so that its card stays within the platforms' limits. */
const DIGEST = 25;
/** Somebody who is still to be told of an account. */
interface Errand {
  readonly about: Case;
  readonly alert: Alert;
  readonly to: Reached;
}

/** What goes to one recipient in one message. */
type Batch = readonly [Errand, ...Errand[]];

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
  readonly #resetClosing: ResetClosing;
  readonly #watch: AgendaWatch;
  readonly knownPeople: KnownPeople;

  constructor(dependencies: RemindersDependencies) {
    this.#dependencies = dependencies;
    this.#pace = dependencies.pace ?? PACE;
    this.#cases = new ReminderCases(dependencies, (...forgotten) => this.#views.drawForgotten(...forgotten));
    this.#views = new ReminderViews(dependencies, this.#cases);
    this.knownPeople = new KnownPeople(dependencies);
    this.#resetClosing = new ResetClosing(dependencies);
    this.#watch = new AgendaWatch({ ...dependencies, cases: this.#cases });
  }

  async tick(): Promise<void> {
    const { accounts, now } = this.#dependencies;
    const at = now();
    const due = await accounts.due(at, LOOKED_AT_ONCE);
    if (due.length > 0) await this.#look(due, at);
    await this.#watch.tick(at);
  }

  /** Resolves when everybody who was met is remembered, and an agenda that was lost is there again. */
  async settled(): Promise<void> {
    await this.knownPeople.settled();
    await this.#watch.settled();
  }

  /** Resolves when nothing is being done any more. */
  async stop(): Promise<void> {
    await this.#watch.stop();
    await this.settled();
  }

  /** « Me le rappeler », clicked on a person's own card: for all the accounts on it that are theirs to renew. */
  async snooze(turn: Clicked): Promise<ClickAnswer> {
    const { accounts, messages, now } = this.#dependencies;
    const { person, place } = turn;
    const m = messages[person.language];
    const outOfDate = { kind: 'refusal', text: m.conversation.outOfDate } as const;
    // Before anything else: to look at what there is to tell of an account may change the store.
    const account = await accounts.find(accountIdOf(turn));
    if (account === undefined || !mayReset(person.id, account))
      return { kind: 'refusal', text: m.conversation.notYours };
    if (!place.private) return outOfDate;
    const [found] = await this.#cases.of([account.id], now());
    if (found === undefined) return outOfDate;
    const all = await this.#views.onCard(found, person.id);
    const theirs = all.filter(
      ({ account, record }) => record.alert?.kind === 'expiry' && mayReset(person.id, account),
    );
    const choices = theirs.map((each) =>
      snoozesOf(each).find(({ snooze }) => snooze === turn.data[SNOOZE_CHOICE]),
    );
    const [chosen] = choices;
    if (chosen === undefined || choices.includes(undefined)) return outOfDate;
    for (const each of theirs) await this.#snoozeOne(each, turn, chosen.at);
    const told = found.record.told[person.id];
    const to: Recipient = { key: person.id, language: person.language, place };
    const card = told && (await this.#views.cardOn(found, to, told));
    return card === undefined ? outOfDate : { kind: 'card', card };
  }

  async #snoozeOne(about: Case, { person, clicked }: Clicked, until: Date): Promise<void> {
    const { accounts, records } = this.#dependencies;
    const snoozed = {
      language: person.language,
      ...(clicked === undefined ? {} : { posted: clicked }),
      snoozedUntil: until.toISOString(),
    };
    const saved = await records.change(about.account.id, (before = about.record) => ({
      ...before,
      told: { ...before.told, [person.id]: { ...before.told[person.id], ...snoozed } },
    }));
    await accounts.lookAgain(about.account.id);
    about.record = saved?.value ?? about.record;
  }

  async #look(ids: readonly AccountId[], now: Date): Promise<void> {
    const { store, accounts } = this.#dependencies;
    const until = performance.now() + this.#pace.budget;
    const keys = ids.map((id) => `reminder/${id}`);
    const tokens = await store.claimMany(keys, this.#pace.lease);
    const claims = keys.flatMap((key, i) => claimOf(key, tokens[i]));
    try {
      const mine = ids.filter((_, i) => tokens[i] !== undefined);
      const cases = await this.#cases.of(mine, now, { withResets: true });
      for (const each of cases) {
        await this.#closeLost(each);
        this.#redraw(each);
      }
      await this.#deliver(cases, until);
      await Promise.all(cases.map((each) => this.#save(each)));
      await accounts.lookLater(cases.map((each) => this.#cases.nextLook(each)));
    } finally {
      await store.releaseMany(claims);
    }
  }

  /** Who has lost the right to the account since they were shown something sees that it is closed, once, and nothing new (P9). */
  async #closeLost(about: Case): Promise<void> {
    about.closeAt = await this.#resetClosing.closeLost(about.account, about.reset, about.now);
    for (const [key, told] of this.#cases.lost(about)) {
      if ((told.retryAt ?? '') > about.now.toISOString()) continue;
      about.record = withTold(about.record, key, await this.#close(about, key, told));
    }
  }

  /** Gives what is left to be done; undefined: it is closed, or there is nothing to close any more. */
  async #close(about: Case, key: string, told: Told): Promise<Told | undefined> {
    const { channels, log } = this.#dependencies;
    const { posted } = told;
    const channel = posted && channels.get(posted.place.platform);
    if (posted === undefined || channel === undefined) return undefined;
    try {
      const card = await this.#views.closed(about, key, told);
      if (card !== undefined) await inTime(channel.replace(posted, card), this.#pace.patience);
      return undefined;
    } catch (error) {
      if (error instanceof MessageGone || error instanceof PlaceGone) return undefined;
      log.warn('card.notClosed', {
        platform: channel.platform,
        account: about.account.id,
        ...errorFields(error),
      });
      return failed(told, about.now, error instanceof TryLater ? error.retryAfterMs : 0);
    }
  }

  async #deliver(cases: readonly Case[], until: number): Promise<void> {
    for (const errands of batches(cases.flatMap((each) => this.#errands(each)))) {
      if (performance.now() < until) await this.#send(errands);
      else for (const each of errands) each.about.isUnfinished = true;
    }
  }

  #errands(about: Case): Errand[] {
    const { told } = about.record;
    return this.#cases.recipients(about).flatMap((to) => {
      const alert = this.#cases.alertFor(about, to);
      if (alert === undefined || !isReached(to)) return [];
      const isDue =
        isOpen(alert, told[to.key]) && quietUntil(told[to.key], refusalOf(about)) <= about.now.toISOString();
      return isDue ? [{ about, alert, to }] : [];
    });
  }

  /** One message, about one account or several. Whatever goes wrong with it does not stop the others. */
  async #send(batch: Batch): Promise<void> {
    const errands = await this.#stillAllowed(batch);
    if (errands === undefined) return;
    const [{ to }] = errands;
    const before = errands.map(({ about }) => about.record.told[to.key]);
    let posted: Posted;
    try {
      posted = await inTime(this.#post(errands), this.#pace.patience);
    } catch (error) {
      return this.#notSent(errands, error);
    }
    this.#dependencies.metrics.reminder(to.place.platform, 'sent');
    const digest = errands.length === 1 ? {} : { digest: errands.map(({ about }) => about.account.id) };
    await Promise.all(errands.map((errand) => this.#mark(errand, { posted, ...digest })));
    this.#retire(errands, before, posted);
  }

  /**
   * Those of them whose reader may still see the account at this moment (P9). An account that has changed meanwhile is
   * looked at again by that.
   */
  async #stillAllowed(errands: Batch): Promise<Batch | undefined> {
    const { accounts, administrators } = this.#dependencies;
    const found = await accounts.findMany(errands.map(({ about }) => about.account.id));
    const [first, ...others] = errands.filter(({ to }, i) => {
      const account = found[i];
      if (account === undefined || account instanceof Error) return false;
      return readerOf(account, to.key, administrators.ids) !== undefined;
    });
    return first && [first, ...others];
  }

  async #post(errands: Batch): Promise<Posted> {
    const [{ about, alert, to }] = errands;
    if (alert.kind === 'renewed' || alert.kind === 'accepted') return this.#postEnd(about, alert, to);
    const m = this.#dependencies.messages[to.language];
    const views = await Promise.all(errands.map((errand) => this.#views.view(errand.about, to)));
    const [only, ...others] = views;
    const card = only !== undefined && others.length === 0 ? reminderCard(m, only) : digestCard(m, views);
    return channelOf(this.#dependencies.channels, to.place).show(to.place, card);
  }

  /** The living card says that there is no more to do; a team is told of a renewal in a line of its own. */
  async #postEnd(about: Case, alert: Alert, to: Reached): Promise<Posted> {
    const told = about.record.told[to.key];
    const posted = told?.posted;
    if (told === undefined || posted === undefined) throw new Error('there is no card to end');
    const channel = channelOf(this.#dependencies.channels, to.place);
    const card = await this.#views.cardOn(about, to, told);
    try {
      if (card !== undefined) await channel.replace(posted, card);
    } catch (error) {
      // A message that somebody has deleted needs no end.
      if (!(error instanceof MessageGone || error instanceof PlaceGone)) throw error;
    }
    if (alert.kind === 'renewed' && isTeam(to)) {
      const { renewed, expiry, account } = await this.#views.view(about, to);
      const m = this.#dependencies.messages[to.language];
      const next = expiry && m.date(expiry.at);
      const sentence = m.reminders.renewedNotice(
        account.structure,
        renewed?.by ?? m.reminders.somebody,
        next,
      );
      await channel.show(to.place, noticeCard(m.reminders.renewedTitle, sentence));
    }
    return posted;
  }

  async #notSent(errands: Batch, error: unknown): Promise<void> {
    const { metrics, log } = this.#dependencies;
    const [{ to, about: first }] = errands;
    const { platform } = to.place;
    if (error instanceof PlaceGone && (await this.#giveUp(errands, error)))
      return metrics.reminder(platform, 'gone');
    const atLeast = error instanceof TryLater ? error.retryAfterMs : 0;
    metrics.reminder(platform, atLeast > 0 ? 'later' : 'failed');
    log.warn('reminder.notSent', { platform, account: first.account.id, ...errorFields(error) });
    for (const { about } of errands) {
      const told = failed(about.record.told[to.key] ?? { language: to.language }, about.now, atLeast);
      about.record = withTold(about.record, to.key, told);
    }
  }

  /** A place that no longer exists is not tried again. false: nobody could be told of it yet. */
  async #giveUp(errands: Batch, { reason }: PlaceGone): Promise<boolean> {
    const { accounts, administrators, log } = this.#dependencies;
    const [{ to }] = errands;
    log.warn('place.gone', { platform: to.place.platform, reason });
    if (to.place.private) {
      // The administrators are told with the reminder itself, which then has one more recipient.
      await this.knownPeople.lose(to.key, to.place);
      for (const { about } of errands) about.isUnfinished = true;
      return true;
    }
    const structures = [...new Set(errands.map(({ about }) => about.account.structure))].join(', ');
    try {
      await administrators.tell({
        title: (m) => m.reminders.placeGoneTitle,
        sentence: (m) => m.reminders.placeGone(PLATFORM_NAMES[to.place.platform], structures, reason),
      });
    } catch {
      return false;
    }
    for (const { about } of errands) {
      about.record = withTold(about.record, to.key, undefined);
      await accounts.change(about.account.id, (account) => withoutChannel(account, to.key));
    }
    return true;
  }

  /** Written down at once: what is not will be sent again. */
  async #mark({ about, alert, to }: Errand, shown: Pick<Told, 'posted' | 'digest'>): Promise<void> {
    const { records } = this.#dependencies;
    const { account, check, now } = about;
    for (;;) {
      const { digest } = about.record.told[to.key] ?? {};
      const isEnd = alert.kind === 'renewed' || alert.kind === 'accepted';
      // A team is not told of it.
      const refusedAt = isTeam(to) ? undefined : refusalOf(about);
      const told = {
        ...(isEnd && digest && { digest }),
        ...shown,
        ...(refusedAt && { refusedAt }),
        language: to.language,
        key: alert.key,
      };
      about.record = withTold(about.record, to.key, told);
      if (await records.save(account.id, about.record, about.version)) {
        about.version += 1;
        about.stored = about.record;
        return;
      }
      // Somebody has pressed « Me le rappeler » meanwhile.
      const fresh = await records.find(account.id);
      about.version = fresh?.version ?? 0;
      const news = withNews(account, fresh?.value ?? firstRecord(account), check, now);
      about.record = alert.kind === 'waiting' ? withWaiting(account, news, check, now) : news;
    }
  }

  /** What a newer message takes the place of is folded up, or is no longer on its digest. */
  #retire(errands: Batch, before: readonly (Told | undefined)[], posted: Posted): void {
    const seen = new Set([posted.message]);
    for (const [i, { about, to }] of errands.entries()) {
      const old = before[i];
      if (old?.posted === undefined || isRenewal(old.key)) continue;
      if (seen.has(old.posted.message)) continue;
      seen.add(old.posted.message);
      this.#dependencies.cards.drawLater(old.posted, this.#views.cardOn(about, to, old));
    }
  }

  /** Draws the living cards anew where what they say has changed without anything to tell. */
  #redraw(about: Case): void {
    const { alert, drawn: before, told } = about.record;
    if (alert === undefined || alert.kind === 'renewed') return;
    const drawn = drawnFrom(about);
    if (drawn === before) return;
    about.record = { ...about.record, drawn };
    if (before === undefined) return;
    for (const [key, each] of Object.entries(told)) {
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

/** Several accounts go to one recipient together where the calendar brings them together. */
function batches(errands: readonly Errand[]): Batch[] {
  const together = new Map<string, Errand[]>();
  for (const errand of errands) {
    const { alert, to, about } = errand;
    const isShared = alert.kind === 'expiry' || alert.kind === 'refused';
    const key = isShared ? to.key : `${to.key} ${about.account.id}`;
    const gathered = together.get(key);
    if (gathered === undefined) together.set(key, [errand]);
    else gathered.push(errand);
  }
  return [...together.values()].flatMap((all) => {
    all.sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
    return Array.from(
      { length: Math.ceil(all.length / DIGEST) },
      (_, i) => all.slice(i * DIGEST, (i + 1) * DIGEST) as unknown as Batch,
    );
  });
}

/** The most urgent first, then by name. */
function orderOf({ about: { account } }: Errand): string {
  return `${account.expiry?.at} ${account.structure} ${account.id}`;
}

function withTold(record: ReminderRecord, key: string, told: Told | undefined): ReminderRecord {
  const { [key]: _before, ...others } = record.told;
  return { ...record, told: told === undefined ? others : { ...others, [key]: told } };
}

function withoutChannel({ channels, ...account }: Account, key: string): Account {
  const left = channels?.filter((place) => placeKey(place) !== key) ?? [];
  return left.length === 0 ? account : { ...account, channels: left };
}

function claimOf(key: string, token: string | undefined): Claimed[] {
  return token === undefined ? [] : [{ key, token }];
}
