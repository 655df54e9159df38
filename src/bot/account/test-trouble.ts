import { plain } from '../../cards/text.ts';
import { verdictSentence } from '../../cards/verdict-cards.ts';
import { CLASSES } from '../../chorus/classes.ts';
import type { Unknown, Verdict } from '../../chorus/verdict.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Account } from '../../store/accounts.ts';
import type { Administrators } from '../outgoing/administrators.ts';

/** On how many days in a row the daily test of an account came to nothing. */
export interface Trouble {
  readonly kind: 'later' | 'rest';
  readonly days: number;
}

/** A breakdown of a day or two is nobody's business. */
const LATER_TOLD_AFTER_DAYS = 3;
/** One bad answer may be an accident. */
const REST_TOLD_AFTER_DAYS = 2;
const DAY_MS = 24 * 60 * 60_000;

/** What a test that was neither accepted nor refused makes of it; undefined: all is well. */
export function troubleAfter(before: Trouble | undefined, verdict: Verdict | undefined): Trouble | undefined {
  // Nobody was asked.
  if (verdict === undefined || isUnasked(verdict)) return before;
  if (verdict.outcome !== 'unknown') return undefined;
  const kind = CLASSES[verdict.reason].mendedBy === 'time' ? 'later' : 'rest';
  return { kind, days: before?.kind === kind ? before.days + 1 : 1 };
}

/**
 * Tells the administrators of what keeps the daily test from an answer: at once where the PISTE application is refused,
 * on the second day in a row for the rest, on the third where Chorus Pro asks for patience. One message a day for one
 * cause, however many accounts it concerns.
 */
export async function tellTrouble(
  { administrators, log }: { readonly administrators: Administrators; readonly log: Log },
  { login }: Pick<Account, 'login'>,
  verdict: Unknown,
  { kind, days }: Trouble,
): Promise<void> {
  const { reason, diagnosis } = verdict;
  const isAtOnce = reason === 'pisteApplication';
  if (!isAtOnce && days < (kind === 'later' ? LATER_TOLD_AFTER_DAYS : REST_TOLD_AFTER_DAYS)) return;
  const view = { reason, ...(diagnosis && { diagnosis }) };
  try {
    await administrators.tellOnce(isAtOnce ? 'piste' : `test/${reason}`, DAY_MS, {
      title: (m) => (isAtOnce ? m.reminders.pisteTitle : m.reminders.testTroubleTitle),
      sentence: (m) => `${plain(verdictSentence(m, view))} ${m.reminders.testTrouble(days, login)}`,
    });
  } catch (error) {
    log.warn('administrators.notTold', errorFields(error));
  }
}

function isUnasked(verdict: Verdict): boolean {
  return verdict.outcome === 'unknown' && ['attemptsSpent', 'notOpened'].includes(verdict.reason);
}
