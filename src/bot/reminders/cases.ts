import type { Card } from '../../cards/card.ts';
import { closedCard, noticeCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { digestCard, type ReminderView, reminderCard } from '../../cards/reminder-cards.ts';
import { snoozesFor, timeLeft } from '../../chorus/expiry.ts';
import { hasEnded } from '../../chorus/procedures/reset.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Platform } from '../../person.ts';
import type { AccountRecords } from '../../store/account-records.ts';
import type { Account, AccountId, Accounts } from '../../store/accounts.ts';
import type { Credentials } from '../../store/credentials.ts';
import type { Met, People } from '../../store/people.ts';
import type { Resets } from '../../store/resets.ts';
import type { Scheduled } from '../../store/store.ts';
import type { Check } from '../account/daily-test.ts';
import { type Channel, isSamePosted, type Language, type Place, placeKey } from '../channel.ts';
import type { Administrators } from '../outgoing/administrators.ts';
import type { LivingCards } from '../outgoing/living-cards.ts';
import type { ResetRecord, SavedReset } from '../reset/card.ts';
import { channelsToldOf, publicId, type Reader, readerOf } from '../rights.ts';
import {
  type Alert,
  alertForTeam,
  audienceOf,
  firstRecord,
  isOpen,
  isRefusalNews,
  nextInCalendar,
  quietUntil,
  type ReminderRecord,
  refusalInForce,
  type Told,
  withNews,
  withWaiting,
} from './plan.ts';

export interface CasesDependencies {
  readonly accounts: Accounts;
  readonly people: People<Place>;
  readonly records: AccountRecords<ReminderRecord>;
  readonly checks: AccountRecords<Check>;
  readonly credentials: Pick<Credentials, 'slots'>;
  readonly resets: Resets<ResetRecord>;
  readonly administrators: Administrators;
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly cards: LivingCards;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
}

/** All that reminding of one account asks for, as it is at one instant. */
export interface Case {
  readonly account: Account;
  readonly now: Date;
  /** Where the agenda had it before anything else was read. */
  readonly seen: Date | undefined;
  readonly check: Check | undefined;
  /** What was told, as it is kept, and at which version. */
  stored: ReminderRecord | undefined;
  version: number;
  /** What was told, as it is to be kept. */
  record: ReminderRecord;
  reset: SavedReset | undefined;
  people: ReadonlyMap<string, Met<Place>>;
  /** When the card of a reset is to be closed, which could not be closed now. */
  closeAt: Date | undefined;
  /** There is more to do than one tick could. */
  isUnfinished: boolean;
}

export interface Recipient {
  /** In the record: a person's id, or what `placeKey` makes of a conversation. */
  readonly key: string;
  readonly language: Language;
  /** Undefined: the bot cannot write to this person. */
  readonly place: Place | undefined;
}

export type Reached = Recipient & { readonly place: Place };

/** Somebody who cannot be reached is looked for again that often, in ms, besides when they speak to the bot. */
const UNREACHED_PAUSE = 24 * 60 * 60_000;
/** An account that cannot be read is looked at again after that, in ms. */
const UNREADABLE_PAUSE = 60 * 60_000;

const NOBODY: ReadonlyMap<string, Met<Place>> = new Map();

/** What there is to tell of accounts, to whom, when, and how it looks. It sends nothing. */
export class ReminderCases {
  readonly #dependencies: CasesDependencies;

  constructor(dependencies: CasesDependencies) {
    this.#dependencies = dependencies;
  }

  /** Reads what is known of these accounts, and sees what is new. One that is gone or unreadable is seen to, and left out. */
  async of(ids: readonly AccountId[], now: Date, { withResets = false } = {}): Promise<Case[]> {
    const { accounts, records, checks, log } = this.#dependencies;
    if (ids.length === 0) return [];
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
      const before = stored[i]?.value;
      if (account === undefined) {
        await this.#forget(id, before, now);
      } else if (account instanceof Error) {
        log.error('account.unreadable', { account: id, ...errorFields(account) });
        await accounts.lookLater([{ id, at: new Date(now.getTime() + UNREADABLE_PAUSE) }]);
      } else {
        cases.push({
          account,
          now,
          seen: looks[i],
          check,
          stored: before,
          version: stored[i]?.version ?? 0,
          record: withNews(account, before ?? firstRecord(account), check, now),
          reset: undefined,
          people: NOBODY,
          closeAt: undefined,
          isUnfinished: false,
        });
      }
    }
    await this.#getToKnow(
      cases.filter(({ record, check }) => record.alert ?? check?.waiting),
      withResets ? cases : undefined,
    );
    for (const each of cases) {
      if (this.#open(each).length === 0)
        each.record = withWaiting(each.account, each.record, each.check, now);
    }
    return cases;
  }

  /** Everybody whom what there is to tell concerns, each once. */
  recipients(about: Case): Recipient[] {
    const { account, people } = about;
    const { alert, told } = about.record;
    if (alert === undefined) return [];
    const { administrators, channels } = this.#dependencies;
    if (alert.kind === 'renewed' || alert.kind === 'accepted') {
      return Object.entries(told).flatMap(([key, { posted, language, refusedAt, key: last }]) => {
        const isConcerned = alert.kind === 'renewed' || refusedAt !== undefined || last === alert.key;
        const mayRead = readerOf(account, key, administrators.ids) !== undefined;
        return posted === undefined || !isConcerned || !mayRead
          ? []
          : [{ key, language, place: posted.place }];
      });
    }
    const person = (id: string): Recipient => {
      const { place, language = 'fr' } = people.get(id) ?? {};
      return { key: id, language, place: place && channels.has(place.platform) ? place : undefined };
    };
    const audience = audienceOf(alert);
    const refusedAt = refusalOf(about);
    const actors = actorsOf(about, alert).map(({ id }) => person(id));
    const subscribed = alertForTeam(alert) === undefined ? [] : channelsToldOf(account, administrators.ids);
    const team = subscribed
      .filter(({ platform }) => channels.has(platform))
      .map(({ subscribedBy: _, ...place }): Recipient => ({ key: placeKey(place), language: 'fr', place }));
    const areTold = audience.administrators || !actors.every(isReached);
    const others = administrators.ids
      .filter((id) => areTold || isRefusalNews(told[id], refusedAt))
      .map(person)
      .filter(isReached);
    // An administrator may be the manager too.
    return [...actors, ...team, ...others].filter(
      ({ key }, i, all) => all.findIndex((other) => other.key === key) === i,
    );
  }

  /** When the account must be looked at again, unless it has changed since it was read. */
  nextLook(about: Case): Scheduled {
    const { account, record, check, now, seen, closeAt, isUnfinished } = about;
    const open = this.#open(about);
    const closings = this.lost(about).map(([, { retryAt }]) =>
      Math.max(now.getTime(), Date.parse(retryAt ?? '') || 0),
    );
    const instants = open.map(({ key, place }) => {
      if (place === undefined) return now.getTime() + UNREACHED_PAUSE;
      return Math.max(now.getTime(), Date.parse(quietUntil(record.told[key], refusalOf(about))) || 0);
    });
    const isWaitingNext = open.length === 0 && withWaiting(account, record, check, now) !== record;
    const calendar = nextInCalendar(account, now);
    instants.push(...closings);
    if (closeAt !== undefined) instants.push(closeAt.getTime());
    if (calendar !== undefined) instants.push(calendar.getTime());
    if (isUnfinished || isWaitingNext) instants.push(now.getTime());
    const at = instants.length === 0 ? undefined : new Date(Math.min(...instants));
    return { id: account.id, at, from: seen ?? 'none' };
  }

  /** What this recipient is told, where there is anything. */
  alertFor({ record: { alert } }: Case, to: Recipient): Alert | undefined {
    return alert !== undefined && isTeam(to) ? alertForTeam(alert) : alert;
  }

  /** What is shown to somebody, or in a conversation, that may not see the account any more (P9). */
  lost({ account, record }: Case): [key: string, told: Told][] {
    const { administrators } = this.#dependencies;
    return Object.entries(record.told).filter(
      ([key]) => readerOf(account, key, administrators.ids) === undefined,
    );
  }

  /**
   * What is left of a card that its reader may not see any more: the other accounts of a digest, or nothing. Undefined: it
   * has become the card of a reset, which is closed by itself.
   */
  async closed({ account, now }: Case, key: string, told: Told): Promise<Card | undefined> {
    const others = await this.#sharing(account.id, told, now);
    const to = { key, language: told.language, place: told.posted?.place };
    return others && this.#drawn(others, to, told, closedCard(this.#dependencies.messages[told.language]));
  }

  /** Those who are still to be told. */
  #open(about: Case): Recipient[] {
    return this.recipients(about).filter((to) => {
      const alert = this.alertFor(about, to);
      return alert !== undefined && isOpen(alert, about.record.told[to.key]);
    });
  }

  /**
   * The card as it is now on the message that `told` names, which may be a digest of several accounts. Undefined: it
   * has become the card of a reset that was begun on it, of whichever account.
   */
  async cardOn(about: Case, to: Recipient, told: Told): Promise<Card | undefined> {
    const { movedTitle, moved } = this.#dependencies.messages[to.language].reminders;
    if (isLent(about.reset?.value, told)) return undefined;
    const others = await this.#sharing(about.account.id, told, about.now);
    return others && this.#drawn([about, ...others], to, told, noticeCard(movedTitle, moved));
  }

  /** This account, and the others that share its message to this recipient. */
  async onCard(about: Case, key: string): Promise<Case[]> {
    const told = about.record.told[key];
    const shared = told?.digest?.filter((id) => id !== about.account.id) ?? [];
    const others = await this.of(shared, about.now);
    return [about, ...others.filter((other) => told !== undefined && isOn(other, key, told))];
  }

  /** The other accounts of a digest; undefined where the reset of one of them lives on its message. */
  async #sharing(id: AccountId, told: Told, now: Date): Promise<Case[] | undefined> {
    const shared = told.digest?.filter((other) => other !== id) ?? [];
    const [others, led] = await Promise.all([
      this.of(shared, now),
      this.#dependencies.resets.findMany(shared),
    ]);
    return led.some((found) => isLent(found?.value, told)) ? undefined : others;
  }

  /** Those of the accounts that are still on this message; `empty` where none is. */
  async #drawn(cases: readonly Case[], to: Recipient, told: Told, empty: Card): Promise<Card> {
    const m = this.#dependencies.messages[to.language];
    const shown = cases.filter((each) => isOn(each, to.key, told) && this.#readerOf(each, to) !== undefined);
    const views = await Promise.all(shown.map((each) => this.view(each, to)));
    const [only] = views;
    if (only === undefined) return empty;
    return told.digest === undefined ? reminderCard(m, only) : digestCard(m, views);
  }

  async view(about: Case, to: Recipient): Promise<ReminderView> {
    const { account, record, now, people } = about;
    const { alert, told } = record;
    const { expiry, lastUpdated, manager, deputy } = account;
    const name = (id: string | undefined) => people.get(id ?? '')?.name;
    const [managerName, deputyName] = [name(manager), name(deputy)];
    const reader = this.#readerOf(about, to) ?? 'team';
    const isForTeam = reader === 'team';
    const refusedAt = isForTeam ? undefined : refusalOf(about);
    const running = runningOf(about);
    const snoozedUntil = told[to.key]?.snoozedUntil;
    const isAsked = alert?.kind === 'expiry' && reader === 'actor';
    const unreached = alert === undefined ? [] : actorsOf(about, alert).filter(({ id }) => !people.has(id));
    return {
      ref: { account: isForTeam ? publicId(account.id) : account.id },
      account,
      ...(expiry && { expiry, ...timeLeft(new Date(expiry.at), now) }),
      news: isForTeam ? calendarNewsOf(alert) : newsOf(about),
      ...(lastUpdated && { updated: lastUpdated }),
      ...(managerName && { manager: managerName }),
      ...(deputyName && { deputy: deputyName }),
      reader,
      ...(refusedAt && { refusedAt }),
      ...(running && { running: { name: running.holder.name, since: running.reset.startedAt } }),
      unreached: unreached.map(({ role }) => role),
      snoozes: isAsked ? snoozesOf(about).map(({ snooze }) => snooze) : [],
      ...(snoozedUntil && snoozedUntil > now.toISOString() ? { snoozedUntil } : {}),
      ...(alert?.kind === 'renewed' ? { renewed: await this.#renewal(account) } : {}),
    };
  }

  #readerOf({ account }: Case, { key }: Recipient): Reader | undefined {
    return readerOf(account, key, this.#dependencies.administrators.ids);
  }

  /** Reads who is to be told, and who leads a reset of these and, where they are given, of `others`. */
  async #getToKnow(cases: readonly Case[], others: readonly Case[] = cases): Promise<void> {
    if (others.length === 0) return;
    const { people, resets, administrators } = this.#dependencies;
    const persons = new Set<string>(administrators.ids);
    for (const { account } of cases) {
      persons.add(account.manager);
      if (account.deputy !== undefined) persons.add(account.deputy);
    }
    const [met, led] = await Promise.all([
      cases.length === 0 ? [] : people.findMany([...persons]),
      resets.findMany(others.map(({ account }) => account.id)),
    ]);
    const known = new Map([...persons].flatMap((id, i) => (met[i] === undefined ? [] : [[id, met[i]]])));
    for (const each of cases) each.people = known;
    for (const [i, each] of others.entries()) each.reset = led[i];
  }

  async #renewal({ id, lastUpdated = '' }: Account): Promise<{ by: string | undefined; at: string }> {
    const { current } = await this.#dependencies.credentials.slots(id);
    return { by: current?.heldBy, at: lastUpdated };
  }

  /** The account was removed: its cards lead nowhere any more. */
  async #forget(id: AccountId, record: ReminderRecord | undefined, now: Date): Promise<void> {
    const { accounts, records, checks, cards } = this.#dependencies;
    await Promise.all([records.forget(id), checks.forget(id)]);
    await accounts.lookLater([{ id, at: undefined }]);
    for (const [key, told] of Object.entries(record?.told ?? {}))
      if (told.posted !== undefined) cards.drawLater(told.posted, this.#cardWithout(id, key, told, now));
  }

  async #cardWithout(id: AccountId, key: string, told: Told, now: Date): Promise<Card | undefined> {
    const { language, posted } = told;
    const { movedTitle, forgotten } = this.#dependencies.messages[language].reminders;
    const others = await this.#sharing(id, told, now);
    const to = { key, language, place: posted?.place };
    return others && this.#drawn(others, to, told, noticeCard(movedTitle, forgotten));
  }
}

export function isReached(to: Recipient): to is Reached {
  return to.place !== undefined;
}

/** What « Me le rappeler » offers, and when each would come. */
export function snoozesOf({ account: { expiry }, now }: Case): ReturnType<typeof snoozesFor> {
  return expiry === undefined ? [] : snoozesFor(new Date(expiry.at), now);
}

/** Whether this is a conversation of several people. */
export function isTeam({ place }: Recipient): boolean {
  return place?.private === false;
}

/** Whether this account is told of on the message that `told` names. */
function isOn({ record }: Case, key: string, { posted }: Told): boolean {
  return record.told[key]?.posted?.message === posted?.message;
}

/** Whether the message has become the card of this reset, which was begun on it. */
function isLent(reset: ResetRecord | undefined, { posted }: Told): boolean {
  return posted !== undefined && reset?.posted !== undefined && isSamePosted(posted, reset.posted);
}

/** What a living card shows that can change without anything to tell. */
export function drawnFrom(about: Case): string {
  return JSON.stringify([about.account.expiry, refusalOf(about), runningOf(about)?.holder.name]);
}

/** Since when the password in use stands refused. */
export function refusalOf({ account, check, now }: Case): string | undefined {
  return refusalInForce(account, check, now);
}

/** Those who can renew the password, as far as this alert concerns them. */
function actorsOf(about: Case, alert: Alert): { id: string; role: 'manager' | 'deputy' }[] {
  const { manager, deputy = '' } = about.account;
  const isTold = audienceOf(alert).deputy || isRefusalNews(about.record.told[deputy], refusalOf(about));
  return [
    { id: manager, role: 'manager' },
    ...(deputy !== '' && isTold ? [{ id: deputy, role: 'deputy' as const }] : []),
  ];
}

function newsOf({ record: { alert }, check }: Case): ReminderView['news'] {
  if (alert?.kind === 'waiting' && check?.waiting !== undefined)
    return { kind: 'waiting', since: check.waiting.since };
  if (alert?.kind === 'refused') return { kind: 'refused' };
  if (alert?.kind === 'accepted' && alert.threshold === undefined) return { kind: 'accepted' };
  return calendarNewsOf(alert);
}

function calendarNewsOf(alert: Alert | undefined): { readonly kind: 'alert' | 'expiry' } {
  return { kind: alert?.threshold === 'alert' ? 'alert' : 'expiry' };
}

function runningOf({ reset }: Case): ResetRecord | undefined {
  return reset === undefined || hasEnded(reset.value.reset) ? undefined : reset.value;
}
