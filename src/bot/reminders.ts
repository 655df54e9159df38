import { setTimeout as sleep } from 'node:timers/promises';
import type { Card } from '../cards/card.ts';
import { noticeCard } from '../cards/conversation-cards.ts';
import type { Messages } from '../cards/messages.ts';
import {
  digestCard,
  type ReminderReader,
  type ReminderView,
  reminderCard,
  SNOOZE_CHOICE,
} from '../cards/reminder-cards.ts';
import { daysLeft, monthlyMorning, snoozesFor } from '../chorus/expiry.ts';
import { hasEnded } from '../chorus/procedure.ts';
import { errorFields, type Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { AccountRecords } from '../store/account-records.ts';
import type { Account, Accounts } from '../store/accounts.ts';
import type { Credentials } from '../store/credentials.ts';
import type { Met, People } from '../store/people.ts';
import type { Resets } from '../store/resets.ts';
import type { Claimed, Scheduled, Store } from '../store/store.ts';
import type { Administrators } from './administrators.ts';
import {
  type Channel,
  type ClickAnswer,
  type Clicked,
  type Language,
  type Place,
  PlaceGone,
  type Posted,
  TryLater,
  type Turn,
} from './channel.ts';
import type { Check, DailyTest } from './daily-test.ts';
import type { LivingCards } from './living-cards.ts';
import {
  type Alert,
  audienceOf,
  failed,
  firstRecord,
  isOpen,
  isRenewal,
  nextInCalendar,
  placeKey,
  quietUntil,
  type ReminderRecord,
  refusalInForce,
  type Told,
  withNews,
} from './reminder-plan.ts';
import type { ResetRecord } from './reset-card.ts';
import { mayReset } from './rights.ts';

export interface RemindersRooms {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly people: People<Place>;
  readonly records: AccountRecords<ReminderRecord>;
  readonly checks: AccountRecords<Check>;
  readonly credentials: Pick<Credentials, 'slots'>;
  readonly resets: Pick<Resets<ResetRecord>, 'findMany'>;
  readonly administrators: Administrators;
  /** Undefined: it is turned off. */
  readonly dailyTest: DailyTest | undefined;
  readonly channels: ReadonlyMap<Place['platform'], Channel>;
  readonly cards: LivingCards;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  readonly pace?: Pace;
}

/** In ms of real time. */
export interface Pace {
  /** How long one tick goes on sending before it lets the bot do something else. */
  readonly budget: number;
  /** How long the platform may take for one message. */
  readonly patience: number;
  /** How long a replica holds what it delivers; longer than both together. What it held when it died waits so long. */
  readonly lease: number;
}

const PACE: Pace = { budget: 10_000, patience: 15_000, lease: 30_000 };

/** The most accounts that one tick looks at. */
const LOOKED_AT_ONCE = 1_000;
/** The most accounts on one digest, so that its card stays within the platforms' limits. */
const DIGEST = 25;
/** Somebody who cannot be reached is looked for again that often, in ms, besides when they speak to the bot. */
const UNREACHED_PAUSE = 24 * 60 * 60_000;
/** An account that cannot be read is looked at again after that, in ms. */
const UNREADABLE_PAUSE = 60 * 60_000;
/** How often, in ms, and how many accounts at a time the agenda is compared with what it should be. */
const COMPARED_EVERY = 60_000;
const COMPARED_AT_ONCE = 1_000;

/** People who are remembered without asking the store. */
const REMEMBERED = 10_000;

const MONTHLY = 'monthly';
/** When the monthly line could not be delivered, it is tried again after that, in ms. */
const MONTHLY_PAUSE = 10 * 60_000;

const PLATFORM_NAMES = { teams: 'Teams', slack: 'Slack' } as const;

/** One account at which a tick looks, at one instant. */
interface Case {
  readonly account: Account;
  readonly now: Date;
  /** Where the agenda had it before anything else was read. */
  readonly seen: Date | undefined;
  readonly check: Check | undefined;
  /** As it is kept, and at which version. */
  stored: ReminderRecord | undefined;
  version: number;
  /** As it is to be. */
  record: ReminderRecord;
  reset?: ResetRecord | undefined;
  people: ReadonlyMap<string, Met<Place>>;
  /** There is more to do than one tick could. */
  isUnfinished: boolean;
}

interface Recipient {
  /** In the record: a person's id, or what `placeKey` makes of a conversation. */
  readonly key: string;
  readonly reader: ReminderReader;
  readonly language: Language;
  /** Undefined: the bot cannot write to this person. */
  readonly place: Place | undefined;
}

type Reached = Recipient & { readonly place: Place };

/** Somebody who is still to be told of an account. */
interface Errand {
  readonly about: Case;
  readonly alert: Alert;
  readonly to: Reached;
}

type Batch = readonly [Errand, ...Errand[]];

/** What is known of all accounts once each was looked at. */
interface Census {
  readonly count: number;
  readonly withoutExpiry: number;
  /** The earliest expiry, ISO. */
  readonly next?: string;
}

const NOBODY: ReadonlyMap<string, Met<Place>> = new Map();
const EMPTY: Census = { count: 0, withoutExpiry: 0 };

/**
 * Delivers what the calendar says is due.
 *
 * Each replica looks at the accounts whose instant has come, and claims those that it takes on. A delivery is written
 * down once it was made, and they are made one after the other: a crash loses none, and repeats one message at most
 * (P8). The instant of an account moves with whatever changes the account.
 */
export class Reminders {
  readonly #rooms: RemindersRooms;
  readonly #pace: Pace;
  /** Whom this process has met, and where: as JSON. */
  readonly #met = new Map<string, string>();
  readonly #meeting = new Set<Promise<void>>();
  #comparing: AsyncIterator<string> | undefined;
  #compareAt = 0;
  #counted = EMPTY;
  #census: Census | undefined;
  #monthlyAt = 0;

  constructor(rooms: RemindersRooms) {
    this.#rooms = rooms;
    this.#pace = rooms.pace ?? PACE;
  }

  async tick(): Promise<void> {
    const now = this.#rooms.now();
    const due = await this.#rooms.accounts.due(now, LOOKED_AT_ONCE);
    if (due.length > 0) await this.#look(due, now);
    if (now.getTime() >= this.#compareAt) await this.#compare(now);
    if (now.getTime() >= this.#monthlyAt) await this.#tellMonthly(now);
  }

  /**
   * Somebody speaks to the bot: where they do so in private it can write to them from now on, also what it could not
   * tell them before. Nobody waits for this, and it costs nothing where it is known.
   */
  meet({ person: { id, name, language }, place }: Turn): void {
    if (!place.private) return;
    const met = { name, language, place };
    const known = JSON.stringify(met);
    if (this.#met.get(id) === known) return;
    if (this.#met.size >= REMEMBERED) this.#met.clear();
    this.#met.set(id, known);
    const work = this.#meet(id, met).catch((error: unknown) => {
      this.#met.delete(id);
      this.#rooms.log.warn('person.notRemembered', errorFields(error));
    });
    this.#meeting.add(work);
    void work.then(() => this.#meeting.delete(work));
  }

  /** Resolves when everybody who was met is remembered. */
  async settled(): Promise<void> {
    await Promise.all(this.#meeting);
  }

  /** « Me le rappeler », clicked on a person's own card. */
  async snooze(turn: Clicked): Promise<ClickAnswer> {
    const { accounts, records, now } = this.#rooms;
    const { person, place, clicked } = turn;
    const m = this.#m(person.language);
    const [found] = await this.#cases([String(turn.data.account ?? '')], now());
    if (found === undefined || !mayReset(person.id, found.account))
      return { kind: 'refusal', text: m.conversation.notYours };
    const { account, record } = found;
    const chosen = snoozesOf(account, found.now).find(({ snooze }) => snooze === turn.data[SNOOZE_CHOICE]);
    if (chosen === undefined || record.alert === undefined || !place.private)
      return { kind: 'refusal', text: m.conversation.outOfDate };
    const snoozed = {
      language: person.language,
      ...(clicked === undefined ? {} : { posted: clicked }),
      snoozedUntil: chosen.at.toISOString(),
    };
    const saved = await records.change(account.id, (before = record) => ({
      ...before,
      told: { ...before.told, [person.id]: { ...before.told[person.id], ...snoozed } },
    }));
    await accounts.lookAgain(account.id);
    found.record = saved?.value ?? record;
    await this.#getToKnow([found]);
    const to: Recipient = { key: person.id, reader: 'actor', language: person.language, place };
    return { kind: 'card', card: reminderCard(m, await this.#view(found, to)) };
  }

  async #meet(id: string, met: Met<Place>): Promise<void> {
    const { people, accounts } = this.#rooms;
    if (!(await people.meet(id, met))) return;
    const theirs = await accounts.ofPerson(id);
    await Promise.all(theirs.map((account) => accounts.lookAgain(account.id)));
  }

  async #look(ids: readonly string[], now: Date): Promise<void> {
    const { store, accounts } = this.#rooms;
    const until = performance.now() + this.#pace.budget;
    const keys = ids.map((id) => `reminder/${id}`);
    const tokens = await store.claimMany(keys, this.#pace.lease);
    const claims = keys.flatMap((key, i) => claimOf(key, tokens[i]));
    try {
      const cases = await this.#cases(
        ids.filter((_, i) => tokens[i] !== undefined),
        now,
      );
      await this.#getToKnow(cases);
      await this.#deliver(cases, until);
      await Promise.all(cases.map((each) => this.#save(each)));
      await accounts.lookLater(cases.map((each) => this.#nextLook(each)));
    } finally {
      await store.releaseMany(claims);
    }
  }

  /** Reads what is known of these accounts, and sees what is new. One that is gone or unreadable is seen to, and left out. */
  async #cases(ids: readonly string[], now: Date): Promise<Case[]> {
    const { accounts, records, checks, log } = this.#rooms;
    // First: whatever changes after this moves the account to another instant.
    const looks = await accounts.looks(ids);
    const [found, stored, checked] = await Promise.all([
      accounts.findMany(ids),
      records.findMany(ids),
      checks.findMany(ids),
    ]);
    const cases: Case[] = [];
    for (const [i, id] of ids.entries()) {
      const account = found[i];
      const check = checked[i]?.value;
      if (account === undefined) {
        await this.#forget(id, stored[i]?.value);
      } else if (account instanceof Error) {
        log.error('account.unreadable', { account: id, ...errorFields(account) });
        await accounts.lookLater([{ id, at: new Date(now.getTime() + UNREADABLE_PAUSE) }]);
      } else {
        const before = stored[i]?.value;
        cases.push({
          account,
          now,
          seen: looks[i],
          check,
          stored: before,
          version: stored[i]?.version ?? 0,
          record: withNews(account, before ?? firstRecord(account), check, now),
          people: NOBODY,
          isUnfinished: false,
        });
      }
    }
    return cases;
  }

  /** Reads who is to be told where there is something to tell, and who leads a reset. */
  async #getToKnow(cases: readonly Case[]): Promise<void> {
    const telling = cases.filter(({ record }) => record.alert !== undefined);
    if (telling.length === 0) return;
    const { people, resets, administrators } = this.#rooms;
    const persons = new Set<string>(administrators.ids);
    for (const { account } of telling) {
      persons.add(account.manager);
      if (account.deputy !== undefined) persons.add(account.deputy);
    }
    const [met, led] = await Promise.all([
      people.findMany([...persons]),
      resets.findMany(telling.map(({ account }) => account.id)),
    ]);
    const known = new Map([...persons].flatMap((id, i) => (met[i] === undefined ? [] : [[id, met[i]]])));
    for (const [i, each] of telling.entries()) {
      each.people = known;
      each.reset = led[i]?.value;
    }
  }

  async #deliver(cases: readonly Case[], until: number): Promise<void> {
    for (const errands of batches(cases.flatMap((each) => this.#errands(each)))) {
      if (performance.now() < until) await this.#send(errands);
      else for (const each of errands) each.about.isUnfinished = true;
    }
    for (const each of cases) this.#redraw(each);
  }

  #errands(about: Case): Errand[] {
    const { alert, told } = about.record;
    if (alert === undefined) return [];
    return this.#recipients(about, alert).flatMap((to) => {
      const isDue = isOpen(alert, told[to.key]) && quietUntil(alert, told[to.key]) <= about.now.toISOString();
      return isDue && isReached(to) ? [{ about, alert, to }] : [];
    });
  }

  /** Everybody whom this alert concerns, each once. */
  #recipients({ account, record, people }: Case, alert: Alert): Recipient[] {
    if (alert.kind === 'renewed') {
      return Object.entries(record.told).flatMap(([key, { posted, language }]): Recipient[] => {
        if (posted === undefined) return [];
        return [{ key, reader: posted.place.private ? 'actor' : 'team', language, place: posted.place }];
      });
    }
    const { administrators, channels } = this.#rooms;
    const person = (id: string, reader: ReminderReader): Recipient => {
      const { place, language = 'fr' } = people.get(id) ?? {};
      return { key: id, reader, language, place: place && channels.has(place.platform) ? place : undefined };
    };
    const audience = audienceOf(alert);
    const actors = actorsOf(account, alert).map(({ id }) => person(id, 'actor'));
    const team = (audience.channels ? (account.channels ?? []) : [])
      .filter(({ platform }) => channels.has(platform))
      .map((place): Recipient => ({ key: placeKey(place), reader: 'team', language: 'fr', place }));
    const isTold = audience.administrators || !actors.every(isReached);
    const others = isTold
      ? administrators.ids.map((id) => person(id, 'administrator')).filter(isReached)
      : [];
    // Of an administrator who is the manager too, the manager's card is the one that counts.
    return [...actors, ...team, ...others].filter(
      ({ key }, i, all) => all.findIndex((other) => other.key === key) === i,
    );
  }

  /** One message, about one account or several. Whatever goes wrong with it does not stop the others. */
  async #send(errands: Batch): Promise<void> {
    const [{ to }] = errands;
    const before = errands.map(({ about }) => about.record.told[to.key]);
    let posted: Posted;
    try {
      posted = await this.#inTime(this.#post(errands));
    } catch (error) {
      return this.#notSent(errands, error);
    }
    this.#rooms.metrics.reminder(to.place.platform, 'sent');
    const digest = errands.length === 1 ? {} : { digest: errands.map(({ about }) => about.account.id) };
    await Promise.all(errands.map((errand) => this.#mark(errand, { posted, ...digest })));
    this.#retire(errands, before, posted);
  }

  async #post(errands: Batch): Promise<Posted> {
    const [{ about, alert, to }] = errands;
    if (alert.kind === 'renewed') return this.#postRenewal(about, to);
    const m = this.#m(to.language);
    const views = await Promise.all(errands.map((errand) => this.#view(errand.about, to)));
    const [only, ...others] = views;
    const card = only !== undefined && others.length === 0 ? reminderCard(m, only) : digestCard(m, views);
    return this.#channel(to.place).show(to.place, card);
  }

  /** The living card says that it is done, and a team is told so in a line of its own. */
  async #postRenewal(about: Case, to: Reached): Promise<Posted> {
    const told = about.record.told[to.key];
    const posted = told?.posted;
    if (told === undefined || posted === undefined) throw new Error('there is no card of a renewal');
    if (!this.#isLent(about, posted)) {
      try {
        await this.#channel(to.place).replace(posted, await this.#cardOn(about, to, told));
      } catch (error) {
        // A message that somebody has deleted needs no end.
        if (!(error instanceof PlaceGone)) throw error;
      }
    }
    if (to.reader === 'team') {
      const { renewed, expiry, account } = await this.#view(about, to);
      const m = this.#m(to.language);
      const next = expiry && m.date(expiry.at);
      const sentence = m.reminders.renewedNotice(
        account.structure,
        renewed?.by ?? m.reminders.somebody,
        next,
      );
      await this.#channel(to.place).show(to.place, noticeCard(m.reminders.renewedTitle, sentence));
    }
    return posted;
  }

  async #notSent(errands: Batch, error: unknown): Promise<void> {
    const { metrics, log } = this.#rooms;
    const [{ to, about }] = errands;
    const { platform } = to.place;
    if (error instanceof PlaceGone && (await this.#giveUp(errands)))
      return metrics.reminder(platform, 'gone');
    const atLeast = error instanceof TryLater ? error.retryAfterMs : 0;
    metrics.reminder(platform, atLeast > 0 ? 'later' : 'failed');
    log.warn('reminder.notSent', { platform, account: about.account.id, ...errorFields(error) });
    for (const { about } of errands) {
      const told = failed(about.record.told[to.key] ?? { language: to.language }, about.now, atLeast);
      about.record = withTold(about.record, to.key, told);
    }
  }

  /** A place that no longer exists is not tried again. false: nobody could be told of it yet. */
  async #giveUp(errands: Batch): Promise<boolean> {
    const { people, accounts, administrators, log } = this.#rooms;
    const [{ to }] = errands;
    log.warn('place.gone', { platform: to.place.platform });
    if (to.reader !== 'team') {
      // The administrators are told with the reminder itself, which then has one more recipient.
      await people.lose(to.key, to.place);
      for (const { about } of errands) about.isUnfinished = true;
      return true;
    }
    const structures = [...new Set(errands.map(({ about }) => about.account.structure))].join(', ');
    try {
      await administrators.tell(
        (m) => m.reminders.placeGoneTitle,
        (m) => m.reminders.placeGone(PLATFORM_NAMES[to.place.platform], structures),
      );
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
    const { records } = this.#rooms;
    const { account, check, now } = about;
    for (;;) {
      const before = alert.kind === 'renewed' ? about.record.told[to.key] : undefined;
      const told = { ...before, ...shown, language: to.language, key: alert.key };
      about.record = withTold(about.record, to.key, told);
      if (await records.save(account.id, about.record, about.version)) {
        about.version += 1;
        about.stored = about.record;
        return;
      }
      const fresh = await records.find(account.id);
      about.version = fresh?.version ?? 0;
      about.record = withNews(account, fresh?.value ?? firstRecord(account), check, now);
    }
  }

  /** What a newer message takes the place of is folded up, or is no longer on its digest. */
  #retire(errands: Batch, before: readonly (Told | undefined)[], posted: Posted): void {
    const seen = new Set([posted.message]);
    for (const [i, { about, to }] of errands.entries()) {
      const old = before[i];
      if (old?.posted === undefined || isRenewal(old.key) || this.#isLent(about, old.posted)) continue;
      if (seen.has(old.posted.message)) continue;
      seen.add(old.posted.message);
      this.#rooms.cards.drawLater(old.posted, this.#cardOn(about, to, old));
    }
  }

  /** Draws the living cards anew where what they say has changed without any news. */
  #redraw(about: Case): void {
    const { alert, drawn: before, told } = about.record;
    if (alert === undefined || alert.kind === 'renewed') return;
    const drawn = this.#drawnFrom(about);
    if (drawn === before) return;
    about.record = { ...about.record, drawn };
    if (before === undefined) return;
    for (const to of this.#recipients(about, alert)) {
      const card = told[to.key];
      const isOld =
        card?.posted !== undefined && card.posted.message === about.stored?.told[to.key]?.posted?.message;
      if (isOld && card.key === alert.key && !this.#isLent(about, card.posted))
        this.#rooms.cards.drawLater(card.posted, this.#cardOn(about, to, card));
    }
  }

  async #save(about: Case): Promise<void> {
    const { records } = this.#rooms;
    const { account, record, stored, version } = about;
    const isNothing = stored === undefined && record.alert === undefined;
    // Where somebody else was first, they have had the account looked at again.
    if (record !== stored && !isNothing) await records.save(account.id, record, version);
  }

  #nextLook(about: Case): Scheduled {
    const { account, record, now, seen } = about;
    const { alert } = record;
    const instants: number[] = [];
    const calendar = nextInCalendar(account, now);
    if (calendar !== undefined) instants.push(calendar.getTime());
    if (about.isUnfinished) instants.push(now.getTime());
    for (const to of alert === undefined ? [] : this.#recipients(about, alert)) {
      const told = record.told[to.key];
      if (alert === undefined || !isOpen(alert, told)) continue;
      instants.push(
        to.place === undefined
          ? now.getTime() + UNREACHED_PAUSE
          : Math.max(now.getTime(), Date.parse(quietUntil(alert, told)) || 0),
      );
    }
    const at = instants.length === 0 ? undefined : new Date(Math.min(...instants));
    return { id: account.id, at, ...(seen && { from: seen }) };
  }

  /** The card as it is now on the message that `told` names, which may be a digest of several accounts. */
  async #cardOn(about: Case, to: Recipient, told: Told): Promise<Card> {
    const m = this.#m(to.language);
    const shared = told.digest?.filter((id) => id !== about.account.id) ?? [];
    const others = shared.length === 0 ? [] : await this.#cases(shared, about.now);
    await this.#getToKnow(others);
    const shown = [about, ...others].filter(
      ({ record }) => record.told[to.key]?.posted?.message === told.posted?.message,
    );
    const views = await Promise.all(shown.map((each) => this.#view(each, to)));
    const [only] = views;
    if (only === undefined) return noticeCard(m.reminders.movedTitle, m.reminders.moved);
    return told.digest === undefined ? reminderCard(m, only) : digestCard(m, views);
  }

  async #view(about: Case, to: Recipient): Promise<ReminderView> {
    const { account, record, now, people } = about;
    const { alert, told } = record;
    const { expiry, lastUpdated, manager, deputy } = account;
    const name = (id: string | undefined) => people.get(id ?? '')?.name;
    const [managerName, deputyName] = [name(manager), name(deputy)];
    const refusedAt = refusalInForce(account, about.check, now);
    const running = runningOf(about);
    const snoozedUntil = told[to.key]?.snoozedUntil;
    const isAsked = alert?.kind === 'expiry' && to.reader === 'actor';
    const unreached = alert === undefined ? [] : actorsOf(account, alert).filter(({ id }) => !people.has(id));
    return {
      ref: { account: account.id },
      account,
      ...(expiry && { expiry, daysLeft: daysLeft(new Date(expiry.at), now) }),
      news: newsOf(about),
      ...(lastUpdated && { updated: lastUpdated }),
      ...(managerName && { manager: managerName }),
      ...(deputyName && { deputy: deputyName }),
      reader: to.reader,
      ...(refusedAt && { refusedAt }),
      ...(running && { running: { name: running.holder.name, since: running.reset.startedAt } }),
      unreached: unreached.map(({ role }) => role),
      snoozes: isAsked ? snoozesOf(account, now).map(({ snooze }) => snooze) : [],
      ...(snoozedUntil && snoozedUntil > now.toISOString() ? { snoozedUntil } : {}),
      ...(alert?.kind === 'renewed' ? { renewed: await this.#renewal(account) } : {}),
    };
  }

  async #renewal({ id, lastUpdated = '' }: Account): Promise<{ by: string | undefined; at: string }> {
    const { current } = await this.#rooms.credentials.slots(id);
    return { by: current?.heldBy, at: lastUpdated };
  }

  /** Whether the message has become the card of a reset that was begun on it. */
  #isLent({ reset }: Case, { message }: Posted): boolean {
    return reset?.posted?.message === message;
  }

  /** What a living card shows that can change without any news. */
  #drawnFrom(about: Case): string {
    const { account, check, now } = about;
    const running = runningOf(about);
    return JSON.stringify([account.expiry, refusalInForce(account, check, now), running?.holder.name]);
  }

  /** The account was removed: its cards lead nowhere any more. */
  async #forget(id: string, record: ReminderRecord | undefined): Promise<void> {
    const { accounts, records, cards } = this.#rooms;
    for (const { posted, language } of Object.values(record?.told ?? {})) {
      const { movedTitle, forgotten } = this.#m(language).reminders;
      if (posted !== undefined) cards.drawNow(posted, noticeCard(movedTitle, forgotten));
    }
    await records.forget(id);
    await accounts.lookLater([{ id, at: undefined }]);
  }

  /** A page of all accounts: the agenda is mended where it has lost one, or would come too late. */
  async #compare(now: Date): Promise<void> {
    const { accounts, dailyTest, log } = this.#rooms;
    this.#compareAt = now.getTime() + COMPARED_EVERY;
    this.#comparing ??= accounts.ids()[Symbol.asyncIterator]();
    const page = await take(this.#comparing, COMPARED_AT_ONCE).catch((error: unknown) => {
      this.#comparing = undefined;
      throw error;
    });
    const cases = await this.#cases(page.ids, now);
    await this.#getToKnow(cases);
    const late = cases.flatMap((each) => {
      const isNews = each.record !== each.stored && each.record.alert !== undefined;
      const next = isNews ? { id: each.account.id, at: now } : this.#nextLook(each);
      return next.at !== undefined && (each.seen === undefined || each.seen > next.at) ? [next] : [];
    });
    if (late.length > 0) {
      log.warn('agenda.mended', { count: late.length });
      await accounts.lookLater(late);
    }
    await dailyTest?.plan(cases.map(({ account }) => account.id));
    this.#counted = cases.reduce(counted, this.#counted);
    if (!page.isLast) return;
    this.#census = this.#counted;
    this.#counted = EMPTY;
    this.#comparing = undefined;
  }

  /** So that silence is never mistaken for health. */
  async #tellMonthly(now: Date): Promise<void> {
    const { store, administrators, log } = this.#rooms;
    const census = this.#census;
    if (census === undefined || administrators.ids.length === 0) return;
    const morning = monthlyMorning(now);
    this.#monthlyAt = morning > now ? morning.getTime() : monthlyMorning(now, 1).getTime();
    if (morning > now) return;
    const last = await store.read<string>(MONTHLY);
    const month = morning.toISOString();
    if (last?.value === month) return;
    const token = await store.claim(MONTHLY, this.#pace.lease);
    if (token === undefined) return;
    try {
      // The first start is no month to tell about.
      if (last !== undefined) await administrators.tell((m) => m.reminders.monthlyTitle, monthlyLine(census));
      await store.write(MONTHLY, month, last?.version ?? 0);
    } catch (error) {
      this.#monthlyAt = now.getTime() + MONTHLY_PAUSE;
      log.warn('monthly.notTold', errorFields(error));
    } finally {
      await store.release(MONTHLY, token);
    }
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const enough = new AbortController();
    const tooLate = sleep(this.#pace.patience, undefined, { signal: enough.signal }).then(() => {
      throw new Error('the platform did not answer in time');
    });
    tooLate.catch(() => undefined);
    return Promise.race([work, tooLate]).finally(() => enough.abort());
  }

  #channel({ platform }: Place): Channel {
    const channel = this.#rooms.channels.get(platform);
    if (channel === undefined) throw new Error(`no channel for ${platform}`);
    return channel;
  }

  #m(language: Language): Messages {
    return this.#rooms.messages[language];
  }
}

/** What goes to one recipient in one message: several accounts where the calendar brings them together. */
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

/** Those who can renew the password, as far as this alert concerns them. */
function actorsOf({ manager, deputy }: Account, alert: Alert): { id: string; role: 'manager' | 'deputy' }[] {
  return [
    { id: manager, role: 'manager' },
    ...(deputy !== undefined && audienceOf(alert).deputy ? [{ id: deputy, role: 'deputy' as const }] : []),
  ];
}

function newsOf({ record: { alert }, check }: Case): ReminderView['news'] {
  if (alert?.kind === 'waiting' && check?.waiting !== undefined)
    return { kind: 'waiting', since: check.waiting.since };
  if (alert?.kind === 'refused') return { kind: 'refused' };
  return { kind: alert?.threshold === 'alert' ? 'alert' : 'expiry' };
}

function runningOf({ reset }: Case): ResetRecord | undefined {
  return reset === undefined || hasEnded(reset.reset) ? undefined : reset;
}

function snoozesOf({ expiry }: Account, now: Date): ReturnType<typeof snoozesFor> {
  return expiry === undefined ? [] : snoozesFor(new Date(expiry.at), now);
}

function isReached(to: Recipient): to is Reached {
  return to.place !== undefined;
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

async function take(
  iterator: AsyncIterator<string>,
  limit: number,
): Promise<{ readonly ids: string[]; readonly isLast: boolean }> {
  const ids: string[] = [];
  while (ids.length < limit) {
    const next = await iterator.next();
    if (next.done === true) return { ids, isLast: true };
    ids.push(next.value);
  }
  return { ids, isLast: false };
}

function counted({ count, withoutExpiry, next }: Census, { account: { expiry } }: Case): Census {
  if (expiry === undefined)
    return { count: count + 1, withoutExpiry: withoutExpiry + 1, ...(next && { next }) };
  return { count: count + 1, withoutExpiry, next: next !== undefined && next < expiry.at ? next : expiry.at };
}

function monthlyLine({ count, withoutExpiry, next }: Census): (m: Messages) => string {
  return (m) =>
    [
      m.reminders.monthly(count, next && m.date(next)),
      ...(withoutExpiry === 0 ? [] : [m.reminders.monthlyUnknown(withoutExpiry)]),
    ].join(' ');
}
