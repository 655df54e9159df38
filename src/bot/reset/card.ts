import type { StructuresView } from '../../cards/blocks.ts';
import type { Card } from '../../cards/card.ts';
import { abandonedCard, doneCard, timedOutCard } from '../../cards/end-cards.ts';
import { withWrongLogin } from '../../cards/environment.ts';
import type { Messages } from '../../cards/messages.ts';
import { lostQuestion, pausedCard, stopQuestion, submittedQuestion } from '../../cards/question-cards.ts';
import { NO_USE, type PasswordUse, reportCard } from '../../cards/report-card.ts';
import type { NumberedStep, ResetView } from '../../cards/reset-view.ts';
import { acceptedCard, refusedCard, testingCard, unknownCard } from '../../cards/verdict-cards.ts';
import { walkCard } from '../../cards/walk-cards.ts';
import { wrongEnvironmentFor } from '../../chorus/classes.ts';
import { hasEnded, isSettled, mayPause, mayRetry, type Reset } from '../../chorus/procedures/reset.ts';
import type { Environment } from '../../chorus/verdict.ts';
import type { Account } from '../../store/accounts.ts';
import type { PortalEntry } from '../../store/portal-entries.ts';
import { type ResetRecord, verdictOf } from './record.ts';

/** Addresses that cards point to. */
export interface CardLinks {
  readonly portalUrl: string;
  /** The PIGP, by which public bodies outside the State enter; absent where it leads to another portal. */
  readonly pigpUrl?: string;
  readonly picturesUrl?: string;
  /** Whoever typed a password takes it back at the last step, by a page. */
  readonly isHandoverOn?: boolean;
}

const NO_STRUCTURES: StructuresView = { shown: [], total: 0 };

export interface ResetCardContext {
  readonly links: CardLinks;
  /** `other` where it is not given. */
  readonly environment?: Environment | undefined;
  readonly now: Date;
  /** What has taken the password, at the last step. */
  readonly use?: PasswordUse | undefined;
  /** How its reader enters the portal, at the first step; undefined: not chosen yet. */
  readonly entry?: PortalEntry | undefined;
  /** The list of steps is shown, with what is seldom done. */
  readonly isUnfolded?: boolean | undefined;
}

/** The card that shows where a reset stands. */
export function resetCard(
  m: Messages,
  account: Account,
  record: ResetRecord,
  context: ResetCardContext,
): Card {
  const card = cardOfStep(m, account, record, context);
  const wrong = wrongEnvironmentFor(account.login, context.environment ?? 'other');
  const isSaid = hasEnded(record.reset) || record.reset.reason === 'wrongEnvironment';
  return wrong === undefined || isSaid ? card : withWrongLogin(m, card, wrong);
}

function cardOfStep(
  m: Messages,
  account: Account,
  record: ResetRecord,
  { links, now, use = NO_USE, entry, isUnfolded = false }: ResetCardContext,
): Card {
  const { reset } = record;
  const view: ResetView = {
    ref: { account: account.id, reset: reset.id, revision: reset.revision },
    account,
    heldBy: { name: record.holder.name, since: reset.startedAt },
    ...(record.keptSince === undefined || reset.kept === undefined ? {} : { keptSince: record.keptSince }),
    submitted: reset.submitted,
    isSettled: isSettled(reset),
    mayPause: mayPause(reset),
    isUnfolded,
    ...(reset.first === undefined ? {} : { first: reset.first }),
    ...(record.trimmed === undefined ? {} : { trimmed: record.trimmed }),
    ...(account.application === undefined ? {} : { application: account.application }),
    ...(entry === undefined ? {} : { entry }),
    ...links,
  };
  const updated = account.lastUpdated ?? reset.touchedAt;
  const question = questionCard(m, view, reset);
  if (question !== undefined) return question;
  const verdict = { ...verdictOf(record), submitted: reset.submitted };
  switch (reset.step) {
    case 'testing':
      return testingCard(m, view);
    case 'accepted':
      return acceptedCard(m, view, {
        structures: record.structures ?? NO_STRUCTURES,
        updated,
        ...(account.expiry === undefined ? {} : { expiry: account.expiry }),
      });
    case 'refused':
      return refusedCard(m, view, {
        ...verdict,
        refusedAt: reset.refusedAt,
        retry: mayRetry(reset, now),
        ...(reset.testAt === undefined ? {} : { testAt: reset.testAt }),
      });
    case 'unknown':
      return unknownCard(m, view, {
        ...verdict,
        retry: mayRetry(reset, now),
        testAt: reset.testAt ?? now.toISOString(),
      });
    case 'report':
      return reportCard(m, view, {
        isTheirs: record.typedBy === record.holder.id,
        use,
        expiry: account.expiry,
      });
    case 'done':
      return doneCard(m, view, updated, account.expiry);
    case 'abandoned':
      return abandonedCard(m, view, reset.submitted);
    case 'timedOut':
      return timedOutCard(m, view, reset.submitted);
    case 'openApplication':
    case 'requestType':
    case 'selectAccount':
      return walkCard(m, view, 'openApplication', reset.notYet);
    default:
      return walkCard(m, view, reset.step, reset.notYet);
  }
}

/** What is asked, or that it is paused; undefined: the step has its own card. */
function questionCard(m: Messages, view: ResetView, reset: Reset): Card | undefined {
  const step = numberedStep(reset);
  switch (reset.asks) {
    case 'stop':
      return stopQuestion(m, view, step);
    case 'lost':
      return lostQuestion(m, view, step);
    case 'submitted':
      return submittedQuestion(m, view);
    case undefined:
      return reset.pausedAt === undefined ? undefined : pausedCard(m, view, step, reset.pausedAt);
    default:
      return reset.asks satisfies never;
  }
}

function numberedStep({ step }: Reset): NumberedStep {
  switch (step) {
    case 'requestType':
    case 'selectAccount':
      return 'openApplication';
    case 'testing':
    case 'refused':
    case 'unknown':
    case 'accepted':
      return 'test';
    case 'done':
    case 'abandoned':
    case 'timedOut':
      return 'report';
    default:
      return step;
  }
}
