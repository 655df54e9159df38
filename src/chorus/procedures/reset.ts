/**
 * The reset of a technical account's password, as the two seeds tell it: a pure state machine.
 *
 * It knows no person, no platform, no password and no clock: only which step comes next, and what
 * the bot must do about it.
 */

import { type Answer, pauseAfterRefusalMs, pauseAfterUnknownMs } from './pauses.ts';

/** What the manager walks through, in the seeds' order. */
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
export type End = (typeof ENDS)[number];
export type Step = WalkStep | (typeof TESTS)[number] | 'report' | End;

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
  /** What the last test said; the words for it are the card's. */
  readonly reason?: string;
}

/** What people do, by the button they press. */
export type ResetAction =
  | { readonly kind: 'done' }
  | { readonly kind: 'back' }
  | { readonly kind: 'abandon' }
  | { readonly kind: 'emailNotYet' }
  | { readonly kind: 'retry' }
  | { readonly kind: 'lostPassword' };

export type Event =
  | ResetAction
  /** The password was sealed as pending, under this version. */
  | { readonly kind: 'passwordKept'; readonly version: number }
  | { readonly kind: 'tested'; readonly version: number; readonly answer: Answer }
  | { readonly kind: 'timePassed' };

/** What the bot must do once the new state is saved. */
export type Effect =
  /** Test this version and, where it is accepted, make it current; then come back with `tested`. */
  | { readonly kind: 'test'; readonly version: number }
  /** Write to the manager, because nobody has just clicked. */
  | { readonly kind: 'tell'; readonly what: News }
  | { readonly kind: 'record'; readonly what: Recorded };

export type News = 'verdict' | 'standsStill' | 'aboutToTimeOut' | 'timedOut';

export type Recorded =
  | 'resetStarted'
  | 'passwordAccepted'
  | 'passwordRefused'
  | 'passwordUnknown'
  | 'passwordLost'
  | 'resetDone'
  | 'resetAbandoned'
  | 'resetTimedOut';

export interface Transition {
  readonly reset: Reset;
  readonly effects: readonly Effect[];
}

/** What follows on the portal, where nothing but reading and clicking is left to do. */
const NEXT = {
  signIn: 'openApplication',
  openApplication: 'requestType',
  requestType: 'selectAccount',
  selectAccount: 'copyPassword',
  copyPassword: 'submitRequest',
} as const satisfies Partial<Record<WalkStep, WalkStep>>;

const HOUR = 60 * 60_000;

/** Where the portal may have changed the password already, a day without a click is worth a word. */
export const NUDGE_AFTER = 24 * HOUR;
/** 72 hours without a click end a reset; a day before, the manager is warned. */
export const TIME_OUT = 72 * HOUR;
export const WARN_AFTER = 48 * HOUR;

/** A connection test has 20 s; one that has not answered by then was cut off by a crash. */
export const TEST_OVERDUE = 21_000;

/** However it is asked for, a password that may have been judged is not tried more often than this in a day (API contract). */
export const REFUSALS_A_DAY = 5;

/** The first state. From the portal the whole walk is ahead; from the configuration card only the password. */
export function begin(id: string, first: 'signIn' | 'enterPassword', now: Date): Transition {
  const at = now.toISOString();
  const reset: Reset = {
    id,
    step: first,
    revision: 1,
    startedAt: at,
    touchedAt: at,
    nudged: false,
    warned: false,
    submitted: first === 'enterPassword',
    notYet: 0,
    attempts: 0,
    refusedAt: [],
  };
  return { reset, effects: [{ kind: 'record', what: 'resetStarted' }] };
}

/** The next state. An event that makes no sense where the reset stands gives the very same state and no effect. */
export function step(reset: Reset, event: Event, now: Date): Transition {
  switch (event.kind) {
    case 'done':
      return advance(reset, now);
    case 'back':
      return goBack(reset, now);
    case 'abandon':
      return hasEnded(reset) || isSettled(reset)
        ? nothing(reset)
        : end(reset, 'abandoned', 'resetAbandoned', now);
    case 'emailNotYet':
      return reset.step === 'awaitEmail' ? click(reset, { notYet: reset.notYet + 1 }, now) : nothing(reset);
    case 'passwordKept':
      return keep(reset, event.version, now);
    case 'retry':
      return mayRetry(reset, now) && reset.kept !== undefined
        ? withEffects(click(reset, test(now), now), { kind: 'test', version: reset.kept })
        : nothing(reset);
    case 'lostPassword':
      return mayLosePassword(reset) ? loseThePassword(reset, now) : nothing(reset);
    case 'tested':
      return judge(reset, event.version, event.answer, now);
    case 'timePassed':
      return wake(reset, now);
    default:
      return event satisfies never;
  }
}

/** When `timePassed` is next worth sending; undefined when the reset has ended. */
export function wakeAt(reset: Reset): Date | undefined {
  if (hasEnded(reset)) return undefined;
  const instants: number[] = [];
  if (reset.testAt !== undefined) instants.push(Date.parse(reset.testAt));
  const touched = Date.parse(reset.touchedAt);
  if (waitsForSomebody(reset)) {
    instants.push(touched + (reset.warned || isSettled(reset) ? TIME_OUT : WARN_AFTER));
  }
  if (isHalfDone(reset) && !reset.nudged) instants.push(touched + NUDGE_AFTER);
  return new Date(Math.min(...instants));
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

function mayGoBack(reset: Reset): boolean {
  return WALK.indexOf(reset.step as WalkStep) > 0;
}

/** « J'ai perdu le mot de passe » leads back to the portal, from where one could notice it. */
function mayLosePassword(reset: Reset): boolean {
  return ['submitRequest', 'awaitEmail', 'enterPassword', 'refused', 'unknown'].includes(reset.step);
}

/** Whether the kept password may be tested again now. */
export function mayRetry(reset: Reset, now: Date): boolean {
  return (
    (reset.step === 'refused' || reset.step === 'unknown') &&
    refusalsOfTheDay(reset, now).length < REFUSALS_A_DAY
  );
}

/** « C'est fait »: a step that is not named here is a compile error, and no button that leads nowhere. */
function advance(reset: Reset, now: Date): Transition {
  switch (reset.step) {
    case 'signIn':
    case 'openApplication':
    case 'requestType':
    case 'selectAccount':
    case 'copyPassword':
      return click(reset, { step: NEXT[reset.step] }, now);
    case 'submitRequest':
      return click(reset, { step: 'awaitEmail', submitted: true }, now);
    case 'awaitEmail':
      return reset.kept === undefined
        ? click(reset, { step: 'enterPassword' }, now)
        : withEffects(click(reset, test(now), now), { kind: 'test', version: reset.kept });
    case 'accepted':
      return click(reset, { step: 'report' }, now);
    case 'report':
      return end(reset, 'done', 'resetDone', now);
    // Their cards have no such button: a password is awaited, or a verdict, or nothing more.
    case 'enterPassword':
    case 'testing':
    case 'refused':
    case 'unknown':
    case 'done':
    case 'abandoned':
    case 'timedOut':
      return nothing(reset);
    default:
      return reset.step satisfies never;
  }
}

function goBack(reset: Reset, now: Date): Transition {
  if (!mayGoBack(reset)) return nothing(reset);
  return click(reset, { step: WALK[WALK.indexOf(reset.step as WalkStep) - 1] as WalkStep }, now);
}

function keep(reset: Reset, version: number, now: Date): Transition {
  if (!takesPassword(reset)) return nothing(reset);
  const fresh = { ...reset, kept: version, attempts: 0, refusedAt: [] };
  const beforeTheEmail = reset.step === 'copyPassword' || reset.step === 'submitRequest';
  if (reset.step === 'signIn')
    return withEffects(click({ ...fresh, submitted: true }, test(now), now), { kind: 'test', version });
  return beforeTheEmail
    ? click(fresh, { step: 'submitRequest' }, now)
    : withEffects(click(fresh, test(now), now), { kind: 'test', version });
}

function loseThePassword(reset: Reset, now: Date): Transition {
  // The pending password stays sealed in the store: it may be the one that Chorus Pro has accepted.
  const { kept: _kept, testAt: _testAt, reason: _reason, ...rest } = reset;
  const again = click({ ...rest, notYet: 0, attempts: 0, refusedAt: [] }, { step: 'signIn' }, now);
  return withEffects(again, { kind: 'record', what: 'passwordLost' });
}

function judge(reset: Reset, version: number, answer: Answer, now: Date): Transition {
  if (reset.step !== 'testing' || reset.kept !== version) return nothing(reset);
  const { testAt: _testAt, reason: _reason, ...tested } = reset;
  switch (answer.outcome) {
    case 'accepted': {
      const next = turn({ ...tested, attempts: 0, refusedAt: [] }, { step: 'accepted' });
      return withVerdict(next, 'passwordAccepted');
    }
    case 'refused': {
      const refusedAt = [...refusalsOfTheDay(reset, now), now.toISOString()];
      // Whatever came before: an outage takes no test away (P3).
      const pauseMs = pauseAfterRefusalMs(refusedAt.length);
      const next = turn(tested, {
        step: 'refused',
        reason: answer.reason,
        attempts: reset.attempts + 1,
        refusedAt,
        ...(pauseMs === undefined ? {} : { testAt: later(now, pauseMs) }),
      });
      return withVerdict(next, 'passwordRefused');
    }
    case 'unknown': {
      const before = refusalsOfTheDay(reset, now);
      const refusedAt = answer.isAttempt === true ? [...before, now.toISOString()] : before;
      const next = turn(tested, {
        step: 'unknown',
        reason: answer.reason,
        attempts: reset.attempts + 1,
        refusedAt,
        testAt: later(now, pauseAfterUnknownMs(answer, reset.attempts, refusedAt.length)),
      });
      return withVerdict(next, 'passwordUnknown');
    }
    default:
      return answer satisfies never;
  }
}

function wake(reset: Reset, now: Date): Transition {
  if (hasEnded(reset)) return nothing(reset);
  const idle = now.getTime() - Date.parse(reset.touchedAt);
  if (waitsForSomebody(reset) && idle >= TIME_OUT) {
    // The password is current already: what is left is reading, so there is nothing to alarm anybody about.
    if (isSettled(reset))
      return withEffects(turn(reset, { step: 'done' }), { kind: 'record', what: 'resetDone' });
    return withEffects(
      turn(withoutTest(reset), { step: 'timedOut' }),
      { kind: 'record', what: 'resetTimedOut' },
      { kind: 'tell', what: 'timedOut' },
    );
  }
  if (reset.kept !== undefined && reset.testAt !== undefined && now.getTime() >= Date.parse(reset.testAt)) {
    return withEffects(turn(reset, test(now)), { kind: 'test', version: reset.kept });
  }
  if (waitsForSomebody(reset) && !isSettled(reset) && !reset.warned && idle >= WARN_AFTER) {
    return {
      reset: { ...reset, nudged: true, warned: true },
      effects: [{ kind: 'tell', what: 'aboutToTimeOut' }],
    };
  }
  if (isHalfDone(reset) && !reset.nudged && idle >= NUDGE_AFTER) {
    return { reset: { ...reset, nudged: true }, effects: [{ kind: 'tell', what: 'standsStill' }] };
  }
  return nothing(reset);
}

/** While the bot itself waits for Chorus Pro, nobody's silence ends the reset: a pending password is never given up (P3). */
function waitsForSomebody(reset: Reset): boolean {
  return reset.step !== 'testing' && reset.step !== 'unknown';
}

/** Soumettre was clicked, and the new password is not in use yet: the e-mail has not come, or Chorus Pro has not said yes. */
export function isHalfDone(reset: Reset): boolean {
  return ['awaitEmail', 'enterPassword', 'refused', 'unknown'].includes(reset.step);
}

/** The new password is current; only reading is left. */
function isSettled(reset: Reset): boolean {
  return reset.step === 'accepted' || reset.step === 'report';
}

function refusalsOfTheDay(reset: Reset, now: Date): readonly string[] {
  return reset.refusedAt.filter((at) => now.getTime() - Date.parse(at) < 24 * HOUR);
}

function test(now: Date): Partial<Reset> {
  return { step: 'testing', testAt: later(now, TEST_OVERDUE) };
}

function later(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString();
}

function withoutTest({ testAt: _testAt, ...reset }: Reset): Reset {
  return reset;
}

/** The card changes because somebody acted: the 72 hours start anew. */
function click(reset: Reset, change: Partial<Reset>, now: Date): Transition {
  return turn(reset, { touchedAt: now.toISOString(), nudged: false, warned: false, ...change });
}

function turn(reset: Reset, change: Partial<Reset>): Transition {
  return { reset: { ...reset, ...change, revision: reset.revision + 1 }, effects: [] };
}

function end(reset: Reset, how: End, what: Recorded, now: Date): Transition {
  return withEffects(click(withoutTest(reset), { step: how }, now), { kind: 'record', what });
}

function nothing(reset: Reset): Transition {
  return { reset, effects: [] };
}

function withEffects(transition: Transition, ...effects: Effect[]): Transition {
  return { reset: transition.reset, effects: [...transition.effects, ...effects] };
}

function withVerdict(transition: Transition, what: Recorded): Transition {
  return withEffects(transition, { kind: 'record', what }, { kind: 'tell', what: 'verdict' });
}
