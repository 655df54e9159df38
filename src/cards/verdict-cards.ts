import { danger, type ExpiryView, good, paragraph, type StructuresView, structureList } from './blocks.ts';
import type { Block, Card, Text } from './card.ts';
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
      { kind: 'list', items: m.test.refused.whatToDo },
      ...(refusal.testAt === undefined ? [] : [paragraph(m.test.refused.again(m.moment(refusal.testAt)))]),
      ...(refusal.retry ? [] : [paragraph(m.test.refused.enough)]),
      ...supportDetails(m, refusal),
    ],
    actions: afterTest(m, view, { retry: refusal.retry, suspect: true }),
  });
}

export function unknownCard(
  m: Messages,
  view: ResetView,
  known: VerdictView & AfterSubmit & { retry: boolean; testAt: string },
): Card {
  return stepCard(m, view, 'test', {
    title: m.test.unknown.title,
    tone: 'warning',
    body: [
      paragraph(verdictSentence(m, known)),
      ...whatIsKept(m, known),
      paragraph(m.test.unknown.again(m.moment(known.testAt))),
      ...supportDetails(m, known),
    ],
    actions: afterTest(m, view, {
      retry: known.retry,
      suspect: isAboutPassword(known),
    }),
  });
}

/** Whether Soumettre was clicked: the old password no longer works then, and the new one not yet. */
interface AfterSubmit {
  readonly submitted?: boolean;
}

/** That the passwords are kept is true at once; that nothing is lost is not, once the exchange may stand still. */
function whatIsKept(m: Messages, { submitted }: AfterSubmit): Block[] {
  const { safe, standsStill } = m.test.kept;
  return [good(safe), ...(submitted === true ? [danger(standsStill)] : [])];
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

/** What a verdict means and what to do: the same sentence on every card, in every form, notice and reminder. */
export function verdictSentence(m: Messages, { reason, diagnosis = {} }: VerdictView): Text {
  const known = Object.hasOwn(m.verdict, reason) ? (reason as keyof Messages['verdict']) : 'unexpected';
  return m.verdict[known](diagnosis);
}

/** `suspect`: the password itself may be at fault. */
function afterTest(m: Messages, view: ResetView, { retry, suspect }: { retry: boolean; suspect: boolean }) {
  const send = sender(view);
  return [
    ...(retry ? [send(m.buttons.retry, 'retry', 'primary')] : []),
    ...(suspect
      ? [passwordFormAction(view, m.buttons.enterPassword), send(m.buttons.lostPassword, 'lostPassword')]
      : []),
  ];
}

/** Before anybody has looked at the password, it is not at fault. */
function isAboutPassword({ reason }: VerdictView): boolean {
  return !['pisteApplication', 'pisteAnswer', 'tokenRefused'].includes(reason);
}

/** « Détails pour le support »: what Chorus Pro's support and the bot's administrator ask for. Nothing in it is secret. */
export function supportDetails(m: Messages, { reason, diagnosis }: VerdictView): Block[] {
  if (diagnosis === undefined) return [];
  const { status, codeRetour, libelle, code, correlationId, durationMs, environment } = diagnosis;
  const details = [
    reason,
    status === undefined ? undefined : `HTTP ${status}`,
    codeRetour === undefined ? undefined : `codeRetour ${codeRetour}`,
    libelle,
    code,
    correlationId === undefined ? undefined : `x-correlationid ${correlationId}`,
    durationMs === undefined ? undefined : `${durationMs} ms`,
    environment,
  ].filter((detail) => detail !== undefined);
  if (details.length === 1) return [];
  return [{ kind: 'note', text: [{ bold: m.test.support }, ' ', details.join(', ')] }];
}

function expiryValue(m: Messages, expiry: ExpiryView | undefined): string {
  if (expiry === undefined) return m.labels.unknownYet;
  return expiry.estimated ? m.estimated(m.moment(expiry.at)) : m.moment(expiry.at);
}
