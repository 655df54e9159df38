import {
  type Deadlines,
  dueReminder,
  nextReminder,
  type Reminder,
  type Threshold,
} from '../../chorus/expiry.ts';
import type { Account, AccountId } from '../../store/accounts.ts';
import type { Check } from '../account/daily-test.ts';
import type { Language, Posted } from '../channel.ts';
import type { Tried } from '../outgoing/deadline.ts';

/** What there is to tell about an account. A newer alert takes the place of an older one, delivered or not. */
export interface Alert {
  /** The same alert has the same key on every replica and after every crash. */
  readonly key: string;
  readonly kind: 'expiry' | 'refused' | 'accepted' | 'waiting' | 'renewed';
  /** The last of the calendar that it was told by, or took the place of. */
  readonly threshold?: Threshold;
  /** The key of the calendar's own alert, where this one took its place: a team is told of the deadline alone. */
  readonly calendarKey?: string;
}

/** What one person or one conversation was told of an account. Instants are ISO. */
export interface Delivered extends Tried {
  readonly language: Language;
  /** The key of the last alert that was delivered. */
  readonly key?: string;
  /** The living card. */
  readonly posted?: Posted;
  /** The accounts that share the card, where it is a digest. */
  readonly digest?: readonly AccountId[];
  /** « Me le rappeler ». */
  readonly snoozedUntil?: string;
  /** The refusal that the living card tells of. */
  readonly refusedAt?: string;
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
  /**
   * What was delivered, by recipient: a person's id, or what `placeKey` makes of a conversation. It stays `told` in the
   * store, since replicas of the version before and backups read and write it by that name.
   */
  readonly told: Readonly<Record<string, Delivered>>;
}

/** From so many days before the expiry on, the deputy is told too; the administrators. */
const DEPUTY_FROM = 7;
const ADMINISTRATORS_FROM = 1;

/** The record with what this recipient was told; undefined: nothing is known of them any more. */
export function withDelivered(
  record: ReminderRecord,
  key: string,
  delivered: Delivered | undefined,
): ReminderRecord {
  const { [key]: _before, ...others } = record.told;
  return { ...record, told: delivered === undefined ? others : { ...others, [key]: delivered } };
}

/** What is told of an account of which nothing was told yet. */
export function firstRecord(account: Account): ReminderRecord {
  const { lastUpdated } = account;
  return { ...(lastUpdated === undefined ? {} : { lastUpdated }), since: firstSince(account), told: {} };
}

/** The record with what there is to tell now, where that is new; otherwise the same object. */
export function withNews(
  account: Account,
  before: ReminderRecord,
  check: Check | undefined,
  now: Date,
): ReminderRecord {
  if (before.lastUpdated !== account.lastUpdated) return renewed(account, before, now);
  const refusedAt = refusalInForce(account, check, now);
  const awake = withoutLateSnoozes(account, before);
  const record = refusedAt === undefined ? withoutRefusal(account, awake, now) : awake;
  const due = dueOf(account, record, now);
  const since = { since: due?.at.toISOString() ?? record.since, ...expiryOf(account) };
  if (refusedAt !== undefined && refusedAt !== record.refusedAt)
    return {
      ...withoutUntoldWaiting(account, record),
      ...since,
      refusedAt,
      alert: { key: `${REFUSAL}${refusedAt}`, kind: 'refused', ...calendarOf(account, due, record.alert) },
    };
  if (due !== undefined)
    return {
      ...withoutUntoldWaiting(account, record),
      ...since,
      alert: { key: calendarKey(account, due.threshold), kind: 'expiry', ...thresholdOf(due) },
    };
  // By the new date, the calendar goes on from here.
  return isCorrected(account, record)
    ? { ...record, since: now.toISOString(), ...expiryOf(account) }
    : record;
}

/** The same with the password that waits, where that is new; it is for when nothing else is left to tell. */
export function withWaiting(
  account: Account,
  record: ReminderRecord,
  check: Check | undefined,
  now: Date,
): ReminderRecord {
  const version = check?.waiting?.version;
  if (version === undefined || version === record.waiting || refusalInForce(account, check, now))
    return record;
  const alert: Alert = {
    key: `waiting ${version}`,
    kind: 'waiting',
    ...calendarOf(account, undefined, record.alert),
  };
  return { ...record, waiting: version, alert };
}

/** A password that waits, and gives way before its manager could be told, is new again afterwards. */
function withoutUntoldWaiting({ manager }: Account, record: ReminderRecord): ReminderRecord {
  const { waiting: _untold, ...others } = record;
  const { alert, told: delivered } = record;
  return alert?.kind === 'waiting' && isOpen(alert, delivered[manager]) ? others : record;
}

/** A refusal is over: its cards say so, unless that is only because the expiry is past, or the account another. */
function withoutRefusal(account: Account, record: ReminderRecord, now: Date): ReminderRecord {
  const { expiry, addedAt } = account;
  const { alert, refusedAt = '' } = record;
  if (alert?.kind !== 'refused') return record;
  if (expiry !== undefined && now >= new Date(expiry.at))
    return {
      ...record,
      alert: { ...alert, kind: 'expiry', threshold: 0, calendarKey: calendarKey(account, 0) },
    };
  if (refusedAt <= addedAt) return { ...record, alert: { ...alert, kind: 'expiry' } };
  return { ...record, alert: { ...alert, key: `accepted ${refusedAt}`, kind: 'accepted' } };
}

/** « Me le rappeler » never reaches past the expiry, also where that is corrected to an earlier date. */
function withoutLateSnoozes(account: Account, record: ReminderRecord): ReminderRecord {
  const { at = '' } = account.expiry ?? {};
  const isLate = ({ snoozedUntil = '' }: Delivered) => snoozedUntil >= at;
  if (!isCorrected(account, record) || !Object.values(record.told).some(isLate)) return record;
  const delivered = Object.entries(record.told).map(([key, each]) => {
    const { snoozedUntil: _late, ...others } = each;
    return [key, isLate(each) ? others : each];
  });
  return { ...record, told: Object.fromEntries(delivered) };
}

/** The same alert on every replica and after every crash. */
function calendarKey({ expiry }: Account, threshold: Threshold): string {
  return `${expiry?.at} ${threshold}`;
}

/** What an alert that is not of the calendar keeps of it: of what is due now, or of the alert before. */
function calendarOf(
  account: Account,
  due: Reminder | undefined,
  before: Alert | undefined,
): Pick<Alert, 'threshold' | 'calendarKey'> {
  if (due !== undefined)
    return { threshold: due.threshold, calendarKey: calendarKey(account, due.threshold) };
  const key = before?.calendarKey ?? (before?.kind === 'expiry' ? before.key : undefined);
  return { ...thresholdOf(before), ...(key === undefined ? {} : { calendarKey: key }) };
}

/** What a team is told of an alert: the deadline alone, never that a password was refused or waits (P9). */
export function alertForTeam(alert: Alert): Alert | undefined {
  const { kind, key, calendarKey: calendar, ...of } = alert;
  if (kind === 'renewed') return alert;
  // An alert of the calendar has its own key, unless it goes on from a refusal.
  const isOfCalendar = kind === 'expiry' && !key.startsWith(REFUSAL);
  const own = calendar ?? (isOfCalendar ? key : undefined);
  return own === undefined || kind === 'accepted' || kind === 'waiting'
    ? undefined
    : { ...of, key: own, kind: 'expiry' };
}

function thresholdOf(from: { readonly threshold?: Threshold } | undefined): Pick<Alert, 'threshold'> {
  return from?.threshold === undefined ? {} : { threshold: from.threshold };
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

/** Since when the password in use stands refused before its expiry. A later success, or a renewal, ends it. */
export function refusalInForce(account: Account, check: Check | undefined, now: Date): string | undefined {
  const { lastUpdated = '', conclusiveTest = '', addedAt, expiry } = account;
  const at = check?.refused?.at;
  if (at === undefined || [lastUpdated, conclusiveTest, addedAt].some((later) => at <= later))
    return undefined;
  return expiry === undefined || now < new Date(expiry.at) ? at : undefined;
}

/** Who is told of an alert beside the manager, and the conversations that {@link alertForTeam} speaks of. */
export function audienceOf({ kind, threshold }: Alert): {
  readonly deputy: boolean;
  readonly administrators: boolean;
} {
  if (kind === 'waiting') return { deputy: false, administrators: false };
  const days = kind === 'refused' ? 0 : daysOf(threshold);
  return { deputy: days <= DEPUTY_FROM, administrators: days <= ADMINISTRATORS_FROM };
}

/** Whether this recipient is still to be told: of a new alert, or again after « Me le rappeler ». */
export function isOpen(alert: Alert, delivered: Delivered | undefined): boolean {
  return delivered?.key !== alert.key || delivered.snoozedUntil !== undefined;
}

/** Until when this recipient is left in peace, ISO: by its own wish, unless a refusal is news to it, or after a failure. */
export function quietUntil(delivered: Delivered | undefined, refusedAt: string | undefined): string {
  const snoozed = isRefusalNews(delivered, refusedAt) ? undefined : delivered?.snoozedUntil;
  return [snoozed ?? '', delivered?.retryAt ?? ''].sort().at(-1) ?? '';
}

/** Whether this recipient has not been told of the refusal that is in force. */
export function isRefusalNews(delivered: Delivered | undefined, refusedAt: string | undefined): boolean {
  return refusedAt !== undefined && delivered?.refusedAt !== refusedAt;
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
function renewed({ lastUpdated }: Account, { told: delivered }: ReminderRecord, now: Date): ReminderRecord {
  const shown = Object.entries(delivered).flatMap(([key, { language, key: last, posted, digest }]) =>
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
const REFUSAL = 'refused ';

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
