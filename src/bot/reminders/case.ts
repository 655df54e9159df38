import type { VerdictView } from '../../cards/verdict-cards.ts';
import { snoozesFor } from '../../chorus/expiry.ts';
import { hasEnded } from '../../chorus/procedures/reset.ts';
import type { Account } from '../../store/accounts.ts';
import type { KnownPerson } from '../../store/people.ts';
import type { Check } from '../account/daily-test.ts';
import { isSamePosted, type Language, type Place } from '../channel.ts';
import type { ResetRecord, SavedReset } from '../reset/record.ts';
import {
  type Alert,
  audienceOf,
  type Delivered,
  isRefusalNews,
  type ReminderRecord,
  refusalInForce,
} from './plan.ts';

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
  people: ReadonlyMap<string, KnownPerson<Place>>;
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

/** Whether this account is told of on the message that `delivered` names. */
export function isOn({ record }: Case, key: string, { posted }: Delivered): boolean {
  return record.told[key]?.posted?.message === posted?.message;
}

/** Whether the message has become the card of this reset, which was begun on it. */
export function isLent(reset: ResetRecord | undefined, { posted }: Delivered): boolean {
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

/** Why, as Chorus Pro has said it. */
export function refusalReasonOf({ check }: Case): VerdictView | undefined {
  const { reason, diagnosis } = check?.refused ?? {};
  return reason === undefined ? undefined : { reason, ...(diagnosis && { diagnosis }) };
}

/** Those who can renew the password, as far as this alert concerns them. */
export function actorsOf(about: Case, alert: Alert): { id: string; role: 'manager' | 'deputy' }[] {
  const { manager, deputy = '' } = about.account;
  const isTold = audienceOf(alert).deputy || isRefusalNews(about.record.told[deputy], refusalOf(about));
  return [
    { id: manager, role: 'manager' },
    ...(deputy !== '' && isTold ? [{ id: deputy, role: 'deputy' as const }] : []),
  ];
}

export function runningOf({ reset }: Case): ResetRecord | undefined {
  return reset === undefined || hasEnded(reset.value.reset) ? undefined : reset.value;
}
