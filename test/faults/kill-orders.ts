import type { AccountId } from '../../src/store/accounts.ts';
import type { CrashPoint } from './crash-injector.ts';

/** One renewal of one account's password, by its manager. */
export interface Renewal {
  readonly account: AccountId;
  readonly password: string;
  /** The form's own id, the same however often it is sent. */
  readonly submission: string;
  /** Typed in the configuration card's form and tested at once, or put away before Soumettre and tested after the e-mail. */
  readonly way: 'atOnce' | 'putAway';
}

export interface CrashingRenewal extends Renewal {
  readonly crashPoint: CrashPoint;
}

/** What the parent tells a process; `skipped`: how far its clock is ahead, in milliseconds. */
export type Order = { readonly skipped: number } & (
  | { readonly kind: 'tick' }
  /** Gives every call of a whole renewal, in order. */
  | { readonly kind: 'survey'; readonly renewal: Renewal }
  /** Goes as far with each as its cut allows; then `kill -9`. */
  | { readonly kind: 'die'; readonly renewals: readonly CrashingRenewal[] }
  | { readonly kind: 'finish'; readonly renewals: readonly Renewal[] }
);

/** What a process has written down: what people saw, and what nobody should see. */
export type Word =
  | { readonly kept: string; readonly account: string }
  | { readonly drawn: string; readonly account: string; readonly title: string }
  /** The account of a renewal that ended before it came to its cut. */
  | { readonly missed: string }
  | { readonly logged: string };
