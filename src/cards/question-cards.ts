import { danger, good, paragraph } from './blocks.ts';
import type { Action, ActionData, Block, Card } from './card.ts';
import type { Messages } from './messages.ts';
import { type NumberedStep, type ResetView, sender, whereItStands } from './reset-view.ts';

/** « Arrêter la réinitialisation » asks once, and says what is true now. */
export function stopQuestion(m: Messages, view: ResetView, step: NumberedStep): Card {
  const send = sender(view);
  return {
    title: m.questions.stop.title,
    body: [...whereItStands(m, view, step), ...whatIsTrue(m, view)],
    actions: [
      send(m.buttons.keepOn, 'keepOn', 'primary'),
      ...(view.mayPause === true ? [send(m.buttons.pause, 'pause')] : []),
      send(m.buttons.stop, 'abandon', 'danger'),
    ],
  };
}

/** « J'ai perdu le mot de passe »: what it means, and where it leads. */
export function lostQuestion(m: Messages, view: ResetView, step: NumberedStep): Card {
  const send = sender(view);
  return {
    title: m.questions.lost.title,
    body: [
      ...whereItStands(m, view, step),
      paragraph(m.questions.lost.onlyOnce),
      ...(view.keptSince === undefined ? [] : [good(m.questions.lost.kept(m.moment(view.keptSince)))]),
      ...(view.submitted === true ? [danger(m.walk.finishToday)] : []),
    ],
    actions: [send(m.buttons.anotherPassword, 'lostPassword', 'primary'), send(m.buttons.keepOn, 'keepOn')],
  };
}

/** A password is kept from an earlier reset: where this one begins depends on whether Soumettre was clicked. */
export function submittedQuestion(m: Messages, view: ResetView): Card {
  const send = sender(view);
  const { submitted } = m.questions;
  return {
    title: submitted.title,
    body: [
      ...whereItStands(m, view, 'signIn'),
      ...(view.keptSince === undefined ? [] : [good(submitted.kept(m.moment(view.keptSince)))]),
      { kind: 'list', items: submitted.answers },
    ],
    actions: [
      send(m.buttons.wasSubmitted, 'submitted', 'primary'),
      send(m.buttons.wasNotSubmitted, 'notSubmitted'),
      send(m.buttons.pageIsOpen, 'pageOpen'),
      testKeptAction(m, view.ref, m.buttons.submittedUnknown),
    ],
  };
}

/** It waits for as long as its leader likes. */
export function pausedCard(m: Messages, view: ResetView, step: NumberedStep, since: string): Card {
  const send = sender(view);
  return {
    title: m.questions.paused.title,
    body: [
      ...whereItStands(m, view, step),
      paragraph(m.questions.paused.waits(m.moment(since))),
      ...whatIsTrue(m, view),
    ],
    actions: [
      send(m.buttons.resume, 'keepOn', 'primary'),
      ...(view.keptSince === undefined ? [] : [testKeptAction(m, view.ref)]),
      send(m.buttons.abandon, 'askStop'),
    ],
  };
}

/** Tests the pending password, whichever reset it is from. */
export function testKeptAction(m: Messages, ref: ActionData, label = m.buttons.testKept): Action {
  return { kind: 'send', label, verb: 'testKept', data: { account: ref.account ?? '' } };
}

/** What stopping leaves behind. */
function whatIsTrue(m: Messages, view: ResetView): Block[] {
  return [
    view.submitted === true ? danger(m.test.kept.standsStill) : paragraph(m.questions.nothingChanged),
    ...(view.keptSince === undefined ? [] : [good(m.questions.stillKept)]),
  ];
}
