import type { Account } from '../../store/accounts.ts';

const MINUTE_MS = 60_000;
/** The new password may be entered for ten minutes after a conclusive test. */
const OPENS_FOR_MS = 10 * MINUTE_MS;
/** A form that was opened in time may be filled in at leisure: the portal shows its password once. */
const SUBMITTED_FOR_MS = OPENS_FOR_MS + 60 * MINUTE_MS;

/** Whether the form for a new password may be opened from the configuration. */
export function mayOpen(account: Account, now: Date): boolean {
  return sinceTest(account, now) < OPENS_FOR_MS;
}

/** Whether what was typed into it is taken. */
export function maySubmit(account: Account, now: Date): boolean {
  return sinceTest(account, now) < SUBMITTED_FOR_MS;
}

function sinceTest({ conclusiveTest }: Account, now: Date): number {
  return conclusiveTest === undefined ? Number.POSITIVE_INFINITY : now.getTime() - Date.parse(conclusiveTest);
}
