import type { Messages } from '../../cards/messages.ts';
import { type AccountCounts, EXPIRING_WITHIN_DAYS } from '../../metrics.ts';
import { type Case, refusalOf, runningOf } from './case.ts';

/** What is known of all accounts once each was looked at. */
export interface Census extends AccountCounts {
  /** The earliest expiry that is still to come, ISO. */
  readonly next?: string;
}

const NONE_WITHIN = Object.fromEntries(
  EXPIRING_WITHIN_DAYS.map((days) => [days, 0]),
) as AccountCounts['expiring'];

export const EMPTY: Census = {
  count: 0,
  suspended: 0,
  withoutExpiry: 0,
  expired: 0,
  refused: 0,
  expiring: NONE_WITHIN,
  withoutAction: NONE_WITHIN,
};

const DAY_MS = 24 * 60 * 60_000;
const LONGEST_DAYS = Math.max(...EXPIRING_WITHIN_DAYS);

/** The census with one account more. A suspended one counts as that alone: nothing is to be done about it. */
export function counted(before: Census, about: Case): Census {
  const { account, now } = about;
  const { expiry, suspendedAt } = account;
  const census = { ...before, count: before.count + 1 };
  if (suspendedAt !== undefined) return { ...census, suspended: before.suspended + 1 };
  const refused = before.refused + (refusalOf(about) === undefined ? 0 : 1);
  if (expiry === undefined) return { ...census, refused, withoutExpiry: before.withoutExpiry + 1 };
  const leftMs = Date.parse(expiry.at) - now.getTime();
  if (leftMs <= 0) return { ...census, refused, expired: before.expired + 1 };
  const isLed = runningOf(about) !== undefined;
  return {
    ...census,
    refused,
    expiring: oneMore(before.expiring, leftMs),
    withoutAction: isLed ? before.withoutAction : oneMore(before.withoutAction, leftMs),
    next: before.next !== undefined && before.next < expiry.at ? before.next : expiry.at,
  };
}

/** Of the others the census does not ask who leads a reset. */
export function isExpiringSoon({ account: { expiry }, now }: Case): boolean {
  return expiry !== undefined && Date.parse(expiry.at) - now.getTime() <= LONGEST_DAYS * DAY_MS;
}

function oneMore(counts: AccountCounts['expiring'], leftMs: number): AccountCounts['expiring'] {
  const next = { ...counts };
  for (const days of EXPIRING_WITHIN_DAYS) if (leftMs <= days * DAY_MS) next[days] += 1;
  return next;
}

/** The monthly line to the administrators. */
export function lineOf({ count, withoutExpiry, expired, next }: Census): (m: Messages) => string {
  return (m) =>
    [
      m.reminders.monthly(count, next && m.date(next)),
      ...(expired === 0 ? [] : [m.reminders.monthlyExpired(expired)]),
      ...(withoutExpiry === 0 ? [] : [m.reminders.monthlyUnknown(withoutExpiry)]),
    ].join(' ');
}
