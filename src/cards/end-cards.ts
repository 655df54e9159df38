import { accountFacts, danger, type ExpiryView, expiryDay, paragraph } from './blocks.ts';
import type { Action, Card } from './card.ts';
import type { Messages } from './messages.ts';
import { testKeptAction } from './question-cards.ts';
import { beginAction, giveExpiry, type ResetView } from './reset-view.ts';

/** `at`: when the connection test was conclusive. The card is a record: what its buttons ask for is answered below it. */
export function doneCard(m: Messages, view: ResetView, at: string, expiry: ExpiryView | undefined): Card {
  return {
    title: m.ends.done.title,
    tone: 'good',
    body: [
      paragraph(m.ends.done.body(view.heldBy.name, m.date(at), m.time(at))),
      ...(expiry === undefined ? [] : [paragraph(m.ends.done.next(expiryDay(m, expiry)))]),
      accountFacts(m, view.account),
    ],
    actions: [
      { kind: 'send', label: m.buttons.configuration, verb: 'configuration', data: view.ref },
      ...giveExpiry(m, view, expiry),
    ],
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
    actions: afterStop(m, view),
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
    actions: afterStop(m, view),
  };
}

/** A kept password can be tested at once, whether or not Soumettre was clicked. */
function afterStop(m: Messages, view: ResetView): Action[] {
  return [...(view.keptSince === undefined ? [] : [testKeptAction(m, view.ref)]), beginAction(m, view.ref)];
}
