import { plain } from '../../cards/text.ts';
import { verdictSentence } from '../../cards/verdict-cards.ts';
import { CLASSES } from '../../chorus/classes.ts';
import type { Unknown, UnknownReason, Verdict } from '../../chorus/verdict.ts';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId } from '../../person.ts';
import type { Account } from '../../store/accounts.ts';
import type { Administrators } from '../outgoing/administrators.ts';
import type { PrivateNotices } from '../outgoing/private-notices.ts';

/** On how many days in a row the daily test of an account came to nothing. */
export interface Trouble {
  readonly kind: 'later' | 'rest';
  readonly days: number;
}

export interface TestTroubleDependencies {
  readonly administrators: Administrators;
  readonly notices: PrivateNotices;
  readonly log: Log;
}

/** A breakdown of a day or two is nobody's business. */
const LATER_TOLD_AFTER_DAYS = 3;
/** One bad answer may be an accident. */
const REST_TOLD_AFTER_DAYS = 2;
const DAY_MS = 24 * 60 * 60_000;

/** What concerns the account's own password, and not the bot's way to Chorus Pro: its manager is told too. */
const OF_THE_ACCOUNT: readonly UnknownReason[] = ['unexpected', 'attemptsSpent', 'notOpened'];

/** What a test that was neither accepted nor refused makes of it; undefined: all is well. */
export function troubleAfter(before: Trouble | undefined, verdict: Verdict | undefined): Trouble | undefined {
  // Another test was running.
  if (verdict === undefined) return before;
  if (verdict.outcome !== 'unknown') return undefined;
  const { reason } = verdict;
  const isLater = CLASSES[reason].mendedBy === 'time' && reason !== 'attemptsSpent';
  const kind = isLater ? 'later' : 'rest';
  return { kind, days: before?.kind === kind ? before.days + 1 : 1 };
}

/**
 * Tells whom it concerns of what keeps the daily test from an answer: at once where the PISTE application is refused, on
 * the second day in a row for the rest, on the third where Chorus Pro asks for patience. Each reads one message a day for
 * one cause, however many accounts it concerns.
 */
export async function tellTrouble(
  { administrators, notices, log }: TestTroubleDependencies,
  account: Pick<Account, 'login' | 'structure' | 'manager'>,
  verdict: Unknown,
  { kind, days }: Trouble,
): Promise<void> {
  const { login, structure, manager } = account;
  const { reason, diagnosis } = verdict;
  const isAtOnce = reason === 'pisteApplication';
  if (!isAtOnce && days < (kind === 'later' ? LATER_TOLD_AFTER_DAYS : REST_TOLD_AFTER_DAYS)) return;
  const view = { reason, ...(diagnosis && { diagnosis }) };
  const untold = (error: unknown) => log.warn('testTrouble.notTold', errorFields(error));
  // Of a password that does not open they are told as soon as it is met.
  if (reason !== 'notOpened')
    await administrators
      .tellOnce(isAtOnce ? 'piste' : `test/${reason}`, DAY_MS, {
        title: (m) => (isAtOnce ? m.reminders.pisteTitle : m.reminders.testTroubleTitle),
        sentence: (m) =>
          `${plain(verdictSentence(m, view, 'administrators'))} ${m.reminders.testTrouble(days, login)}`,
      })
      .catch(untold);
  if (!OF_THE_ACCOUNT.includes(reason)) return;
  await notices
    .tellOnce(
      [manager as PersonId],
      { subject: `test/${reason}/${manager}`, everyMs: DAY_MS },
      {
        title: (m) => m.reminders.testTroubleTitle,
        sentence: (m) =>
          `${plain(verdictSentence(m, view))} ${m.reminders.testTroubleOf(days, structure, login)}`,
      },
    )
    .catch(untold);
}
