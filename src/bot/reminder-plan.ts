import {
  type Deadlines,
  dueReminder,
  nextReminder,
  type Reminder,
  type Threshold,
} from '../chorus/expiry.ts';
import type { Account } from '../store/accounts.ts';
import type { Language, Place, Posted } from './channel.ts';
import type { Check } from './daily-test.ts';
import type { Tried } from './delivery.ts';

/** What there is to tell about an account. A newer alert takes the place of an older one, delivered or not. */
export interface Alert {
  /** The same alert has the same key on every replica and after every crash. */
  readonly key: string;
  readonly kind: 'expiry' | 'refused' | 'waiting' | 'renewed';
  /** Of the calendar, where that is what it comes from. */
  readonly threshold?: Threshold;
}

/** What one person or one conversation was told of an account. Instants are ISO. */
export interface Told extends Tried {
  readonly language: Language;
  /** The key of the last alert that was delivered. */
  readonly key?: string;
  /** The living card. */
  readonly posted?: Posted;
  /** The accounts that share the card, where it is a digest. */
  readonly digest?: readonly string[];
  /** « Me le rappeler ». */
  readonly snoozedUntil?: string;
}

/** What was told of one account since its password was last renewed. */
export interface ReminderRecord {
  /** « Date de dernière mise à jour »: another one means that the password was renewed. */
  readonly lastUpdated?: string;
  /** The calendar of this expiry is dealt with up to this instant, ISO. */
  readonly since: string;
  readonly expiry?: string;
  readonly alert?: Alert;
  /** The refusal, and the password that waits, which were last made an alert. */
  readonly refusedAt?: string;
  readonly waiting?: number;
  /** What the living cards were drawn from. */
  readonly drawn?: string;
  /** By recipient: a person's id, or what `placeKey` makes of a conversation. */
  readonly told: Readonly<Record<string, Told>>;
}

/** From so many days before the expiry on, the deputy is told too; the administrators. */
const DEPUTY_FROM = 7;
const ADMINISTRATORS_FROM = 1;

/** A recipient's key for a conversation. It outlives another address of the platform's servers. */
export function placeKey({ platform, address }: Place): string {
  return `${platform} ${address.conversation ?? address.channel}`;
}

/** What is told of an account of which nothing was told yet. */
export function firstRecord(account: Account): ReminderRecord {
  const { lastUpdated } = account;
  return { ...(lastUpdated === undefined ? {} : { lastUpdated }), since: firstSince(account), told: {} };
}

/** The record with what there is to tell now, where that is new; otherwise the same object. */
export function withNews(
  account: Account,
  record: ReminderRecord,
  check: Check | undefined,
  now: Date,
): ReminderRecord {
  if (record.lastUpdated !== account.lastUpdated) return renewed(account, record, now);
  const due = dueOf(account, record, now);
  const since = { since: due?.at.toISOString() ?? record.since, ...expiryOf(account) };
  const threshold = due && { threshold: due.threshold };
  const refusedAt = refusalInForce(account, check, now);
  if (refusedAt !== undefined && refusedAt !== record.refusedAt)
    return {
      ...record,
      ...since,
      refusedAt,
      alert: { key: `refused ${refusedAt}`, kind: 'refused', ...threshold },
    };
  if (due !== undefined)
    return {
      ...record,
      ...since,
      alert: { key: `${account.expiry?.at} ${due.threshold}`, kind: 'expiry', ...threshold },
    };
  const waiting = check?.waiting;
  if (waiting !== undefined && waiting.version !== record.waiting && refusedAt === undefined)
    return {
      ...record,
      waiting: waiting.version,
      alert: { key: `waiting ${waiting.version}`, kind: 'waiting' },
    };
  // By the new date, the calendar goes on from here.
  return isCorrected(account, record)
    ? { ...record, since: now.toISOString(), ...expiryOf(account) }
    : record;
}

/** What the calendar has to tell. Where the expiry was corrected, only what is more urgent than what was told. */
function dueOf(account: Account, record: ReminderRecord, now: Date): Reminder | undefined {
  const { expiry } = account;
  if (expiry === undefined) return undefined;
  const deadlines = deadlinesOf(account, expiry);
  if (!isCorrected(account, record)) return dueReminder(deadlines, new Date(record.since), now);
  const due = dueReminder(deadlines, new Date(0), now);
  return daysOf(due?.threshold) < daysOf(record.alert?.threshold) ? due : undefined;
}

function isCorrected({ expiry }: Account, { expiry: before }: ReminderRecord): boolean {
  return before !== undefined && expiry !== undefined && before !== expiry.at;
}

function daysOf(threshold: Threshold | undefined): number {
  return typeof threshold === 'number' ? threshold : Number.POSITIVE_INFINITY;
}

function expiryOf({ expiry }: Account): { readonly expiry?: string } {
  return expiry === undefined ? {} : { expiry: expiry.at };
}

/** Since when the password in use stands refused before its expiry. A person's success, or a renewal, ends it. */
export function refusalInForce(account: Account, check: Check | undefined, now: Date): string | undefined {
  const { lastUpdated = '', conclusiveTest = '', expiry } = account;
  const at = check?.refused?.at;
  if (at === undefined || at <= lastUpdated || at <= conclusiveTest) return undefined;
  return expiry === undefined || now < new Date(expiry.at) ? at : undefined;
}

/** Who is told of an alert beside the manager. */
export function audienceOf({ kind, threshold }: Alert): {
  readonly deputy: boolean;
  readonly channels: boolean;
  readonly administrators: boolean;
} {
  const days = kind === 'refused' ? 0 : daysOf(threshold);
  return {
    deputy: days <= DEPUTY_FROM,
    channels: kind !== 'waiting',
    administrators: days <= ADMINISTRATORS_FROM,
  };
}

/** Whether this recipient is still to be told: of a new alert, or again after « Me le rappeler ». */
export function isOpen(alert: Alert, told: Told | undefined): boolean {
  return told?.key !== alert.key || told.snoozedUntil !== undefined;
}

/** Until when this recipient is left in peace, ISO: by its own wish, unless its password is refused, or after a failure. */
export function quietUntil(alert: Alert, told: Told | undefined): string {
  const snoozed = alert.kind === 'refused' && told?.key !== alert.key ? undefined : told?.snoozedUntil;
  return [snoozed ?? '', told?.retryAt ?? ''].sort().at(-1) ?? '';
}

/** When the calendar next has something to tell; undefined where nobody knows the expiry. */
export function nextInCalendar(account: Account, now: Date): Date | undefined {
  return account.expiry && nextReminder(deadlinesOf(account, account.expiry), now).at;
}

/** An account that is added late is told of at once, where no reminder is left before its expiry. */
function firstSince(account: Account): string {
  const { addedAt, expiry } = account;
  if (expiry === undefined) return addedAt;
  const next = nextReminder(deadlinesOf(account, expiry), new Date(addedAt));
  return next.at < new Date(expiry.at) ? addedAt : new Date(0).toISOString();
}

/** The next password begins anew; who was told of the last one is told that it is done. */
function renewed({ lastUpdated }: Account, { told }: ReminderRecord, now: Date): ReminderRecord {
  const shown = Object.entries(told).flatMap(([key, { language, key: last, posted, digest }]) =>
    posted === undefined || isRenewal(last)
      ? []
      : [[key, { language, posted, ...(last && { key: last }), ...(digest && { digest }) }]],
  );
  return {
    ...(lastUpdated === undefined ? {} : { lastUpdated }),
    since: lastUpdated ?? now.toISOString(),
    ...(shown.length === 0 ? {} : { alert: { key: `${RENEWAL}${lastUpdated}`, kind: 'renewed' } }),
    told: Object.fromEntries(shown),
  };
}

const RENEWAL = 'renewed ';

/** Whether this is the key of an alert that says that a password was renewed: its card stays as it is. */
export function isRenewal(key: string | undefined): boolean {
  return key?.startsWith(RENEWAL) === true;
}

function deadlinesOf(
  { lastUpdated, alertMonths, thresholds }: Account,
  expiry: NonNullable<Account['expiry']>,
): Deadlines {
  return {
    expiry: new Date(expiry.at),
    ...(lastUpdated === undefined ? {} : { lastUpdated: new Date(lastUpdated) }),
    alertMonths,
    ...(thresholds === undefined ? {} : { thresholds }),
  };
}
