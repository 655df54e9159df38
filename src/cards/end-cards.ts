import { accountFacts, danger, type ExpiryView, expiryDay, paragraph, steps } from './blocks.ts';
import type { Card } from './card.ts';
import type { Messages } from './messages.ts';
import { about, beginAction, progress, REPORT_STEP, type ResetView, sender } from './reset-view.ts';

/** `isTheirs`: whoever leads the reset typed the password in it. */
export function reportCard(m: Messages, view: ResetView, isTheirs: boolean): Card {
  const mayTake = view.isHandoverOn === true && isTheirs;
  return {
    title: m.report.title,
    body: [
      progress(m, REPORT_STEP),
      paragraph(m.report.application),
      paragraph(m.report.path),
      steps(m.report.steps),
      paragraph(mayTake ? m.report.take : m.report.noted),
      paragraph(m.report.faq),
      about(m, view),
    ],
    actions: [
      ...(mayTake ? [sender(view)(m.buttons.takePassword, 'handover')] : []),
      sender(view)(m.buttons.finish, 'done', 'primary'),
    ],
  };
}

export function doneCard(m: Messages, view: ResetView, at: string, expiry: ExpiryView | undefined): Card {
  return {
    title: m.ends.done.title,
    tone: 'good',
    body: [
      paragraph(m.ends.done.body(view.heldBy.name, m.date(at))),
      ...(expiry === undefined ? [] : [paragraph(m.ends.done.next(expiryDay(m, expiry)))]),
      accountFacts(m, view.account),
    ],
    actions: [{ kind: 'send', label: m.buttons.configuration, verb: 'configuration', data: view.ref }],
  };
}

/** `submitted`: the request may already have been submitted on the portal, so that the old password may be dead. */
export function abandonedCard(m: Messages, view: ResetView, submitted: boolean): Card {
  return {
    title: m.ends.abandoned.title,
    body: [
      paragraph(m.ends.abandoned.body),
      ...(view.keptSince === undefined ? [] : [paragraph(m.ends.abandoned.kept)]),
      ...(submitted ? [danger(m.ends.abandoned.submitted)] : []),
      accountFacts(m, view.account),
    ],
    actions: [beginAction(m, view.ref)],
  };
}

/** `submitted`: as for an abandoned one. */
export function timedOutCard(m: Messages, view: ResetView, submitted: boolean): Card {
  return {
    title: m.ends.timedOut.title,
    tone: 'warning',
    body: [
      paragraph(m.ends.timedOut.body),
      ...(view.keptSince === undefined ? [] : [paragraph(m.ends.abandoned.kept)]),
      ...(submitted ? [danger(m.ends.abandoned.submitted)] : []),
      accountFacts(m, view.account),
    ],
    actions: [beginAction(m, view.ref)],
  };
}
