const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Minutes until the next automatic test when Chorus Pro could not be asked; then the last one, for ever. */
const UNKNOWN_PAUSES = [1, 2, 5, 10, 15, 30, 60];
/**
 * Minutes, after an answer that may have judged the password. A refusal right after Soumettre may mean « not active
 * yet »: three tests, far apart, so that nothing gets locked and two are left for a person.
 */
const ATTEMPT_PAUSES = [10, 30, 120];

/** A verdict of the connection test, as far as the procedure cares. `reason` is passed on to the card. */
export type TestAnswer =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'refused'; readonly reason: string }
  | {
      readonly outcome: 'unknown';
      readonly reason: string;
      /** Obeyed in full. */
      readonly retryAfterSeconds?: number;
      /** Before then a person may not have it tested either: all attempts of the day are spent. */
      readonly peopleRetryAfterSeconds?: number;
      /** The answer may have judged the password all the same. */
      readonly isAttempt?: boolean;
    };

/** Until the next automatic test after a no; undefined: there is none. `attempts`: those of the day, with this one. */
export function pauseAfterRefusalMs(attempts: number): number | undefined {
  const minutes = ATTEMPT_PAUSES[attempts - 1];
  return minutes === undefined ? undefined : minutes * MINUTE_MS;
}

/** The same where the answer was neither yes nor no: never given up (P3). `tests`: those before it without a yes. */
export function pauseAfterUnknownMs(
  { isAttempt = false, retryAfterSeconds = 0 }: Extract<TestAnswer, { outcome: 'unknown' }>,
  tests: number,
  attempts: number,
): number {
  const gentleMs = (UNKNOWN_PAUSES[Math.min(tests, UNKNOWN_PAUSES.length - 1)] as number) * MINUTE_MS;
  const pauseMs = isAttempt ? (pauseAfterRefusalMs(attempts) ?? DAY_MS) : gentleMs;
  return Math.max(pauseMs, retryAfterSeconds * 1000);
}
