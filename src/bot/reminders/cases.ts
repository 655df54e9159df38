import { errorFields, type Log } from '../../log.ts';
import type { Platform } from '../../person.ts';
import type { AccountRecords } from '../../store/account-records.ts';
import type { AccountId, Accounts } from '../../store/accounts.ts';
import type { KnownPerson, People } from '../../store/people.ts';
import type { Resets } from '../../store/resets.ts';
import { channelsToldOf } from '../../store/rights.ts';
import type { Scheduled } from '../../store/store.ts';
import type { Check } from '../account/daily-test.ts';
import { type Channel, type Place, placeKey } from '../channel.ts';
import type { Administrators } from '../outgoing/administrators.ts';
import type { ResetRecord } from '../reset/record.ts';
import { readerOf } from '../rights.ts';
import { actorsOf, type Case, isReached, isTeam, type Recipient, refusalOf } from './case.ts';
import {
  type Alert,
  alertForTeam,
  audienceOf,
  type Delivered,
  firstRecord,
  isOpen,
  isRefusalNews,
  nextInCalendar,
  quietUntil,
  type ReminderRecord,
  withNews,
  withWaiting,
} from './plan.ts';

export interface CasesDependencies {
  readonly accounts: Accounts;
  readonly people: People<Place>;
  readonly records: AccountRecords<ReminderRecord>;
  readonly checks: AccountRecords<Check>;
  readonly resets: Resets<ResetRecord>;
  readonly administrators: Administrators;
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly log: Log;
}

/** Called with what was told of an account that was removed. */
export type Forgotten = (id: AccountId, record: ReminderRecord, now: Date) => void;

/** Somebody who cannot be reached is looked for again that often, besides when they speak to the bot. */
const UNREACHED_PAUSE_MS = 24 * 60 * 60_000;
/** An account that cannot be read is looked at again after that. */
const UNREADABLE_PAUSE_MS = 60 * 60_000;

const NOBODY: ReadonlyMap<string, KnownPerson<Place>> = new Map();

/** What there is to tell of accounts, to whom and when. It sends nothing. */
export class ReminderCases {
  readonly #dependencies: CasesDependencies;
  readonly #forgotten: Forgotten;

  constructor(dependencies: CasesDependencies, forgotten: Forgotten) {
    this.#dependencies = dependencies;
    this.#forgotten = forgotten;
  }

  /**
   * Reads what is known of these accounts, and sees what is new. One that is gone or unreadable is seen to, and left out.
   * Who leads a reset is read where there is something to tell, and where `isLedToKnow` says so.
   */
  async of(
    ids: readonly AccountId[],
    now: Date,
    isLedToKnow: (about: Case) => boolean = () => false,
  ): Promise<Case[]> {
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
      const [account, check, before] = [found[i], checked[i], stored[i]];
      const unreadable = [account, check, before].find((record) => record instanceof Error);
      if (account instanceof Error || check instanceof Error || before instanceof Error) {
        log.error('account.unreadable', { account: id, ...errorFields(unreadable) });
        await accounts.lookLater([{ id, at: new Date(now.getTime() + UNREADABLE_PAUSE_MS) }]);
      } else if (account === undefined) {
        await this.#forget(id, before?.value, now);
      } else {
        cases.push({
          account,
          now,
          seen: looks[i],
          check: check?.value,
          stored: before?.value,
          version: before?.version ?? 0,
          record: withNews(account, before?.value ?? firstRecord(account), check?.value, now),
          reset: undefined,
          people: NOBODY,
          closeAt: undefined,
          isUnfinished: false,
        });
      }
    }
    await this.#readPeople(
      cases.filter(isToBeSaid),
      cases.filter((each) => isToBeSaid(each) || isLedToKnow(each)),
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
    const { alert, told: delivered } = about.record;
    if (alert === undefined || account.suspendedAt !== undefined) return [];
    const { administrators, channels } = this.#dependencies;
    if (alert.kind === 'renewed' || alert.kind === 'accepted') {
      return Object.entries(delivered).flatMap(([key, { posted, language, refusedAt, key: last }]) => {
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
      .filter((id) => areTold || isRefusalNews(delivered[id], refusedAt))
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
      if (place === undefined) return now.getTime() + UNREACHED_PAUSE_MS;
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
  lost({ account, record }: Case): [key: string, delivered: Delivered][] {
    const { administrators } = this.#dependencies;
    return Object.entries(record.told).filter(
      ([key]) => readerOf(account, key, administrators.ids) === undefined,
    );
  }

  /** Those who are still to be told. */
  #open(about: Case): Recipient[] {
    return this.recipients(about).filter((to) => {
      const alert = this.alertFor(about, to);
      return alert !== undefined && isOpen(alert, about.record.told[to.key]);
    });
  }

  /** Reads who is to be told, and who leads a reset of these and, where they are given, of `others`. */
  async #readPeople(cases: readonly Case[], others: readonly Case[] = cases): Promise<void> {
    if (others.length === 0) return;
    const { people, resets, administrators } = this.#dependencies;
    const persons = new Set<string>(administrators.ids);
    for (const { account } of cases) {
      persons.add(account.manager);
      if (account.deputy !== undefined) persons.add(account.deputy);
    }
    const [found, led] = await Promise.all([
      cases.length === 0 ? [] : people.findMany([...persons]),
      resets.findMany(others.map(({ account }) => account.id)),
    ]);
    const known = new Map([...persons].flatMap((id, i) => (found[i] === undefined ? [] : [[id, found[i]]])));
    for (const each of cases) each.people = known;
    for (const [i, each] of others.entries()) each.reset = led[i];
  }

  /** The account was removed: its cards lead nowhere any more. */
  async #forget(id: AccountId, record: ReminderRecord | undefined, now: Date): Promise<void> {
    const { accounts, records, checks } = this.#dependencies;
    await Promise.all([records.forget(id), checks.forget(id)]);
    await accounts.lookLater([{ id, at: undefined }]);
    if (record !== undefined) this.#forgotten(id, record, now);
  }
}

function isToBeSaid({ record, check }: Case): boolean {
  return record.alert !== undefined || check?.waiting !== undefined;
}
