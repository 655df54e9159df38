/**
 * The reset of a technical account's password, as the two seeds tell it: a pure state machine.
 *
 * It knows no person, no platform, no password and no clock: only which step comes next, and what
 * the bot must do about it.
 */

import type { TestAnswer } from './pauses.ts';

/**
 * What the manager walks through, in the seeds' order. What is done in the form « Compte technique » has one card, at
 * `openApplication`; a reset of an earlier version may stand at `requestType` or `selectAccount`, which are shown as it is.
 */
export const WALK = [
  'signIn',
  'openApplication',
  'requestType',
  'selectAccount',
  'copyPassword',
  'submitRequest',
  'awaitEmail',
  'enterPassword',
] as const;

/** What the connection test decides, once a password is kept and the e-mail has come. */
export const TESTS = ['testing', 'refused', 'unknown', 'accepted'] as const;

/** Nothing more happens to a reset that stands here. */
export const ENDS = ['done', 'abandoned', 'timedOut'] as const;

export type WalkStep = (typeof WALK)[number];
export type ResetEnd = (typeof ENDS)[number];
export type Step = WalkStep | (typeof TESTS)[number] | 'report' | ResetEnd;

export interface Reset {
  readonly id: string;
  readonly step: Step;
  /** Grows each time the card changes. A click carries the revision it was drawn with; an older one is stale. */
  readonly revision: number;
  /** ISO instants, UTC. */
  readonly startedAt: string;
  /** The last time somebody clicked. */
  readonly touchedAt: string;
  /** Somebody was told that the reset stands still since yesterday. */
  readonly nudged: boolean;
  /** Somebody was told that the reset is about to time out. */
  readonly warned: boolean;
  /** Soumettre was clicked on the portal, as far as we were told: the old password is dead, or about to be. */
  readonly submitted: boolean;
  /** Where it began, if not at the first step: what comes before was done already. */
  readonly first?: 'submitRequest' | 'awaitEmail' | 'enterPassword';
  /** What its card asks before anything is done. */
  readonly asks?: Question;
  /** ISO: since when somebody has paused it. It waits for as long as they like, and they are reminded of it. */
  readonly pausedAt?: string;
  /** ISO: when they were last reminded of the pause. */
  readonly remindedAt?: string;
  /** The version of the password that this reset has sealed as pending. */
  readonly kept?: number;
  /** How often the e-mail had « pas encore » come. */
  readonly notYet: number;
  /** Tests of this password that ended without a yes, for the pace of the next ones. */
  readonly attempts: number;
  /** When Chorus Pro gave an answer that may have judged this password, and was no yes; within the last day. */
  readonly refusedAt: readonly string[];
  /** When the bot tests again by itself; while testing, when a test that never answered is started anew. */
  readonly testAt?: string;
  /** Before then nobody may have it tested again: the attempts of the day are spent, whoever made them. */
  readonly retryAt?: string;
  /** What the last test said; the words for it are the card's. */
  readonly reason?: string;
}

/** `submitted`: a password is kept from an earlier reset; whether Soumettre was clicked decides where this one begins. */
export type Question = 'stop' | 'lost' | 'submitted';

/** What people do, by the button they press. */
export type ResetAction =
  | { readonly kind: 'done' }
  | { readonly kind: 'back' }
  | { readonly kind: 'abandon' }
  | { readonly kind: 'emailNotYet' }
  | { readonly kind: 'retry' }
  | { readonly kind: 'lostPassword' }
  /** « Arrêter la réinitialisation » and « J'ai perdu le mot de passe »: asked once before it is done. */
  | { readonly kind: 'askStop' }
  | { readonly kind: 'askLost' }
  /** The card as it was before a question or a pause. */
  | { readonly kind: 'keepOn' }
  | { readonly kind: 'pause' }
  /** The answers to « Avez-vous cliqué sur Soumettre ? » */
  | { readonly kind: 'submitted' }
  | { readonly kind: 'notSubmitted' }
  | { readonly kind: 'pageOpen' };

export type Event =
  | ResetAction
  /** The password was sealed as pending, under this version. */
  | { readonly kind: 'passwordKept'; readonly version: number }
  /** « Tester le mot de passe gardé »: the one that is pending, from whichever reset it is. */
  | { readonly kind: 'testKept'; readonly version: number }
  | { readonly kind: 'tested'; readonly version: number; readonly answer: TestAnswer }
  | { readonly kind: 'timePassed' };

/** What the bot must do once the new state is saved. */
export type Effect =
  /** Test this version and, where it is accepted, make it current; then come back with `tested`. */
  | { readonly kind: 'test'; readonly version: number; readonly isBackground?: boolean }
  /** Write to the manager, because nobody has just clicked. */
  | { readonly kind: 'tell'; readonly what: NewsKind }
  | { readonly kind: 'record'; readonly what: Recorded };

export type NewsKind = 'verdict' | 'standsStill' | 'aboutToTimeOut' | 'timedOut' | 'paused';

export type Recorded =
  | 'resetStarted'
  | 'passwordAccepted'
  | 'passwordRefused'
  | 'passwordUnknown'
  | 'passwordLost'
  | 'resetPaused'
  | 'resetDone'
  | 'resetAbandoned'
  | 'resetTimedOut';

export interface Transition {
  readonly reset: Reset;
  readonly effects: readonly Effect[];
}

const HOUR = 60 * 60_000;

/** Where the portal may have changed the password already, a day without a click is worth a word. */
export const NUDGE_AFTER = 24 * HOUR;
/** 72 hours without a click end a reset; a day before, the manager is warned. */
export const TIME_OUT = 72 * HOUR;
export const WARN_AFTER = 48 * HOUR;

/** How often whoever has paused a reset is reminded of it; after Soumettre, where the exchange may stand still, daily. */
export const PAUSE_REMINDER = 48 * HOUR;

/** A connection test has 20 s; one that has not answered by then was cut off by a crash. */
export const TEST_OVERDUE = 21_000;
/** The same of one that the bot makes by itself, which has 60 s. */
export const BACKGROUND_TEST_OVERDUE = 61_000;

/** However it is asked for, a password that may have been judged is not tried more often than this in a day (API contract). */
export const REFUSALS_A_DAY = 5;

/** When `timePassed` is next worth sending; undefined when the reset has ended. */
export function wakeAt(reset: Reset): Date | undefined {
  if (hasEnded(reset)) return undefined;
  const instants: number[] = [];
  if (reset.testAt !== undefined) instants.push(Date.parse(reset.testAt));
  const touched = Date.parse(reset.touchedAt);
  if (reset.pausedAt !== undefined)
    return new Date(Math.min(...instants, pauseReminderAt(reset, reset.pausedAt)));
  if (waitsForSomebody(reset)) {
    instants.push(touched + (reset.warned || isSettled(reset) ? TIME_OUT : WARN_AFTER));
  }
  if (isHalfDone(reset) && !reset.nudged) instants.push(touched + NUDGE_AFTER);
  return new Date(Math.min(...instants));
}

/** In ms since 1970. */
export function pauseReminderAt(reset: Reset, pausedAt: string): number {
  return Date.parse(reset.remindedAt ?? pausedAt) + (isHalfDone(reset) ? NUDGE_AFTER : PAUSE_REMINDER);
}

/** Whether it can be paused: while the bot tests, or once the password is in use, there is nothing to wait for. */
export function mayPause(reset: Reset): boolean {
  return reset.step === 'refused' || (WALK as readonly Step[]).includes(reset.step);
}

/** Whether it can be stopped: once the password is in use, there is nothing left to stop. */
export function mayStop(reset: Reset): boolean {
  return !hasEnded(reset) && !isSettled(reset);
}

/** « J'ai perdu le mot de passe », or somebody else may know it: the portal is to show another one. */
export function mayLosePassword(reset: Reset): boolean {
  return [
    ...['copyPassword', 'submitRequest', 'awaitEmail', 'enterPassword'],
    ...['refused', 'unknown'],
  ].includes(reset.step);
}

export function hasEnded(reset: Reset): boolean {
  return (ENDS as readonly Step[]).includes(reset.step);
}

/**
 * Whether a password may be entered here, and so whether the form may be opened. At the first step it is one that somebody
 * has already: another person reset it.
 */
export function takesPassword(reset: Reset): boolean {
  return ['signIn', 'copyPassword', 'submitRequest', 'enterPassword', 'refused', 'unknown'].includes(
    reset.step,
  );
}

/** Whether the kept password may be tested again now. */
export function mayRetry(reset: Reset, now: Date): boolean {
  return (
    (reset.step === 'refused' || reset.step === 'unknown') &&
    now.toISOString() >= (reset.retryAt ?? '') &&
    refusalsOfTheDay(reset, now).length < REFUSALS_A_DAY
  );
}

/** While the bot itself waits for Chorus Pro, nobody's silence ends the reset: a pending password is never given up (P3). */
export function waitsForSomebody(reset: Reset): boolean {
  return reset.step !== 'testing' && reset.step !== 'unknown';
}

/** Soumettre was clicked, and the new password is not in use yet: the e-mail has not come, or Chorus Pro has not said yes. */
export function isHalfDone(reset: Reset): boolean {
  return ['awaitEmail', 'enterPassword', 'refused', 'unknown'].includes(reset.step);
}

/** The new password is current; only reading is left. */
export function isSettled(reset: Reset): boolean {
  return reset.step === 'accepted' || reset.step === 'report';
}

export function refusalsOfTheDay(reset: Reset, now: Date): readonly string[] {
  return reset.refusedAt.filter((at) => now.getTime() - Date.parse(at) < 24 * HOUR);
}
