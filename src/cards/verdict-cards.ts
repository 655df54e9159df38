import { danger, type ExpiryView, good, paragraph, type StructuresView, structureList } from './blocks.ts';
import type { Action, ActionData, Block, Card, Text } from './card.ts';
import type { Messages } from './messages.ts';
import type { DiagnosisView } from './messages.verdict.ts';
import { passwordFormAction, type ResetView, sender, stepCard, trimmedNotice } from './reset-view.ts';

export function testingCard(m: Messages, view: ResetView): Card {
  return stepCard(m, view, 'test', {
    title: m.test.testing.title,
    body: [paragraph(m.test.testing.body), ...trimmedNotice(m, view)],
    actions: [],
    stopping: m.walk.finishToday,
  });
}

export function acceptedCard(
  m: Messages,
  view: ResetView,
  known: { structures: StructuresView; updated: string; expiry?: ExpiryView },
): Card {
  return stepCard(m, view, 'test', {
    title: m.test.accepted.title,
    tone: 'good',
    body: [
      paragraph(m.test.accepted.body),
      ...trimmedNotice(m, view),
      {
        kind: 'facts',
        facts: [{ label: m.labels.expiry, value: expiryValue(m, known.expiry) }],
      },
      ...structureList(m, known.structures, view.account),
    ],
    details: [
      paragraph(m.test.accepted.kept),
      { kind: 'facts', facts: [{ label: m.labels.updated, value: m.moment(known.updated) }] },
    ],
    actions: [sender(view)(m.buttons.next, 'done', 'primary')],
    stopping: m.walk.finishToday,
  });
}

/** Chorus Pro has said no; `retry` whether the person may test again, `testAt` when the bot will. */
export function refusedCard(
  m: Messages,
  view: ResetView,
  refusal: VerdictView &
    AfterSubmit & { readonly refusedAt?: readonly string[]; retry: boolean; testAt?: string },
): Card {
  return stepCard(m, view, 'test', {
    title: m.test.refused.title,
    tone: 'danger',
    body: [
      paragraph(verdictSentence(m, refusal)),
      ...again(m, refusal.refusedAt),
      ...whatIsKept(m, refusal),
      // What Chorus Pro has said in words is settled on the portal, whatever was copied.
      ...(refusal.reason === 'refusedInWords'
        ? []
        : [{ kind: 'list' as const, items: m.test.refused.whatToDo }]),
      paragraph(nextTest(m, refusal)),
    ],
    actions: [
      ...afterTest(m, view, { retry: refusal.retry, suspect: true }),
      ...supportAction(m, view.ref, refusal),
    ],
  });
}

/** By whom the refused password is tested again, and when. */
function nextTest(m: Messages, { retry, testAt }: { retry: boolean; testAt?: string }): Text {
  const { again, noMore, enough } = m.test.refused;
  if (testAt !== undefined) return again(m.moment(testAt));
  return retry ? noMore : enough;
}

export function unknownCard(
  m: Messages,
  view: ResetView,
  known: VerdictView & AfterSubmit & { retry: boolean; testAt: string },
): Card {
  const { title, notTestedTitle, again, ifOpened } = m.test.unknown;
  const at = m.moment(known.testAt);
  return stepCard(m, view, 'test', {
    title: isUntested(known) ? notTestedTitle : title,
    tone: 'warning',
    body: [
      paragraph(verdictSentence(m, known)),
      ...whatIsKept(m, known),
      paragraph(known.reason === 'notOpened' ? ifOpened(at) : again(at)),
    ],
    actions: [
      ...afterTest(m, view, { retry: known.retry, suspect: isAboutPassword(known) }),
      ...supportAction(m, view.ref, known),
    ],
  });
}

/** The bot itself has not asked anybody. */
function isUntested({ reason }: VerdictView): boolean {
  return ['notOpened', 'attemptsSpent'].includes(reason);
}

/** Whether Soumettre was clicked: the old password no longer works then, and the new one not yet. */
interface AfterSubmit {
  readonly submitted?: boolean;
}

/** That a password is kept is true unless it does not open; that nothing is lost is not, once the exchange may stand still. */
function whatIsKept(m: Messages, { reason, submitted }: VerdictView & AfterSubmit): Block[] {
  const { safe, standsStill } = m.test.kept;
  return [
    ...(reason === 'notOpened' ? [] : [good(safe)]),
    ...(submitted === true ? [danger(standsStill)] : []),
  ];
}

/** The second refusal is told as such, with when the one before it was. */
function again(m: Messages, refusedAt: readonly string[] = []): Block[] {
  const [before, last] = refusedAt.slice(-2);
  if (before === undefined || last === undefined) return [];
  return [paragraph(m.test.refused.nth(refusedAt.length, m.moment(last), m.moment(before)))];
}

/** A verdict, as far as its sentence needs it. */
export interface VerdictView {
  readonly reason: string;
  readonly diagnosis?: DiagnosisView;
}

/**
 * What a verdict means and what to do: the same sentence on every card, in every form, notice and reminder.
 * `reader`: administrators are told which variable to look at, of which nobody else has heard.
 */
export function verdictSentence(
  m: Messages,
  { reason, diagnosis = {} }: VerdictView,
  reader: 'people' | 'administrators' = 'people',
): Text {
  const known = Object.hasOwn(m.verdict, reason) ? (reason as keyof Messages['verdict']) : 'unexpected';
  const { fact, cure, administrators = cure } = m.verdict[known];
  return [...fact(diagnosis), ' ', ...(reader === 'people' ? cure : administrators)(diagnosis)];
}

/** `suspect`: the password itself may be at fault. */
function afterTest(m: Messages, view: ResetView, { retry, suspect }: { retry: boolean; suspect: boolean }) {
  const send = sender(view);
  return [
    ...(retry ? [send(m.buttons.retry, 'retry', 'primary')] : []),
    ...(suspect
      ? [passwordFormAction(view, m.buttons.enterPassword), send(m.buttons.lostPassword, 'askLost')]
      : []),
  ];
}

/** Before anybody has looked at the password, it is not at fault. */
function isAboutPassword({ reason }: VerdictView): boolean {
  return !['pisteApplication', 'pisteAnswer', 'tokenRefused'].includes(reason);
}

/** The form that « Détails pour le support » opens: nothing is filled in there. */
export const SUPPORT_FORM = 'support';

/** « Détails pour le support », folded behind a button that carries them: what is read then is about this very card. */
export function supportAction(m: Messages, ref: ActionData, verdict: VerdictView): Action[] {
  const support = supportDetails(verdict);
  if (support === undefined) return [];
  return [{ kind: 'form', label: m.test.support, form: SUPPORT_FORM, data: { ...ref, support } }];
}

/**
 * What Chorus Pro's support and the bot's administrator ask for, in the words of the log; undefined where no answer came.
 * Nothing in it is secret.
 */
function supportDetails({ reason, diagnosis }: VerdictView): string | undefined {
  if (diagnosis === undefined) return undefined;
  const { status, codeRetour, libelle, code, proxy, correlationId, durationMs, environment } = diagnosis;
  const details = [
    reason,
    status === undefined ? undefined : `HTTP ${status}`,
    codeRetour === undefined ? undefined : `codeRetour ${codeRetour}`,
    libelle,
    code,
    proxy === undefined ? undefined : `proxy ${proxy}`,
    correlationId === undefined ? undefined : `x-correlationid ${correlationId}`,
    durationMs === undefined ? undefined : `${durationMs} ms`,
    environment,
  ].filter((detail) => detail !== undefined);
  return details.length === 1 ? undefined : details.join(', ');
}

function expiryValue(m: Messages, expiry: ExpiryView | undefined): string {
  if (expiry === undefined) return m.labels.unknownYet;
  return expiry.estimated ? m.estimated(m.moment(expiry.at)) : m.moment(expiry.at);
}
