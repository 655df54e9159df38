/**
 * What a reset does at each event: a pure state machine, as the two seeds tell it. It does no I/O and reads no clock.
 */

import { pauseAfterRefusalMs, pauseAfterUnknownMs, type TestAnswer } from './pauses.ts';
import {
  BACKGROUND_TEST_OVERDUE,
  type Effect,
  type Event,
  hasEnded,
  isHalfDone,
  isSettled,
  mayLosePassword,
  mayPause,
  mayRetry,
  mayStop,
  NUDGE_AFTER,
  pauseReminderAt,
  type Recorded,
  type Reset,
  type ResetEnd,
  refusalsOfTheDay,
  type Step,
  TEST_OVERDUE,
  TIME_OUT,
  type Transition,
  takesPassword,
  WALK,
  WARN_AFTER,
  type WalkStep,
  waitsForSomebody,
} from './reset.ts';

/** What follows on the portal, where nothing but reading and clicking is left to do. */
const NEXT = {
  signIn: 'openApplication',
  openApplication: 'copyPassword',
  requestType: 'copyPassword',
  selectAccount: 'copyPassword',
  copyPassword: 'submitRequest',
} as const satisfies Partial<Record<WalkStep, WalkStep>>;

const PREVIOUS: Partial<Record<Step, WalkStep>> = {
  openApplication: 'signIn',
  requestType: 'signIn',
  selectAccount: 'signIn',
  copyPassword: 'openApplication',
  submitRequest: 'copyPassword',
  awaitEmail: 'submitRequest',
  enterPassword: 'awaitEmail',
};

/** The first state. From the portal the whole walk is ahead; from the configuration card only the password. */
export function begin(
  id: string,
  first: 'signIn' | 'enterPassword',
  now: Date,
  pending?: number,
): Transition {
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
    ...(first === 'enterPassword' ? { first } : {}),
    ...(pending === undefined ? {} : { kept: pending, asks: 'submitted' }),
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
      return mayStop(reset) ? end(reset, 'abandoned', 'resetAbandoned', now) : nothing(reset);
    case 'askStop':
      return mayStop(reset) ? click(reset, { asks: 'stop' }, now) : nothing(reset);
    case 'askLost':
      return mayLosePassword(reset) ? click(reset, { asks: 'lost' }, now) : nothing(reset);
    case 'keepOn':
      return keepOn(reset, now);
    case 'pause':
      return mayPause(reset)
        ? withEffects(click(reset, { pausedAt: now.toISOString() }, now), {
            kind: 'record',
            what: 'resetPaused',
          })
        : nothing(reset);
    case 'submitted':
    case 'notSubmitted':
    case 'pageOpen':
      return reset.asks === 'submitted' ? answered(reset, event.kind, now) : nothing(reset);
    case 'testKept':
      return testKept(reset, event.version, now);
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
  const before = PREVIOUS[reset.step];
  return before === undefined ? nothing(reset) : click(reset, { step: before }, now);
}

function keep(reset: Reset, version: number, now: Date): Transition {
  if (!takesPassword(reset)) return nothing(reset);
  const fresh = { ...reset, kept: version, attempts: 0, refusedAt: [] };
  const beforeTheEmail = reset.step === 'copyPassword' || reset.step === 'submitRequest';
  if (reset.step === 'signIn')
    return withEffects(click({ ...fresh, submitted: true, first: 'enterPassword' }, test(now), now), {
      kind: 'test',
      version,
    });
  return beforeTheEmail
    ? click(fresh, { step: 'submitRequest' }, now)
    : withEffects(click(fresh, test(now), now), { kind: 'test', version });
}

function loseThePassword(reset: Reset, now: Date): Transition {
  // The pending password stays sealed in the store: it may be the one that Chorus Pro has accepted.
  const { kept: _kept, testAt: _testAt, reason: _reason, retryAt: _retryAt, first: _first, ...rest } = reset;
  const again = click({ ...rest, notYet: 0, attempts: 0, refusedAt: [] }, { step: 'openApplication' }, now);
  return withEffects(again, { kind: 'record', what: 'passwordLost' });
}

/** Back to the card on which something was asked, or that was paused. */
function keepOn(reset: Reset, now: Date): Transition {
  if (reset.asks === 'submitted' || (reset.asks === undefined && reset.pausedAt === undefined))
    return nothing(reset);
  const isUndecided = reset.step === 'signIn' && reset.kept !== undefined;
  return click(reset, isUndecided ? { asks: 'submitted' } : {}, now);
}

/** « Avez-vous cliqué sur Soumettre ? » Where it was not, the portal shows another password than the kept one. */
function answered(reset: Reset, answer: 'submitted' | 'notSubmitted' | 'pageOpen', now: Date): Transition {
  switch (answer) {
    case 'submitted':
      return click(reset, { step: 'awaitEmail', first: 'awaitEmail', submitted: true }, now);
    case 'pageOpen':
      return click(reset, { step: 'submitRequest', first: 'submitRequest' }, now);
    case 'notSubmitted': {
      const { kept: _stays, ...rest } = reset;
      return click(rest, {}, now);
    }
    default:
      return answer satisfies never;
  }
}

/** Whether Soumettre was clicked is for Chorus Pro to say: the test tells. */
function testKept(reset: Reset, version: number, now: Date): Transition {
  if (!mayTestKept(reset)) return nothing(reset);
  const fresh = { ...reset, kept: version, attempts: 0, refusedAt: [], first: 'enterPassword' as const };
  return withEffects(click(fresh, test(now), now), { kind: 'test', version });
}

function mayTestKept({ step: at }: Reset): boolean {
  return (WALK as readonly Step[]).includes(at);
}

function judge(reset: Reset, version: number, answer: TestAnswer, now: Date): Transition {
  if (reset.step !== 'testing' || reset.kept !== version) return nothing(reset);
  const {
    testAt: _testAt,
    reason: _reason,
    retryAt: _retryAt,
    pausedAt: _pausedAt,
    remindedAt: _remindedAt,
    ...tested
  } = reset;
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
      const { peopleRetryAfterSeconds: seconds } = answer;
      const next = turn(tested, {
        step: 'unknown',
        reason: answer.reason,
        attempts: reset.attempts + 1,
        refusedAt,
        testAt: later(now, pauseAfterUnknownMs(answer, reset.attempts, refusedAt.length)),
        ...(seconds === undefined ? {} : { retryAt: later(now, seconds * 1000) }),
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
  if (reset.pausedAt !== undefined && !isTestDue(reset, now)) return wakePaused(reset, reset.pausedAt, now);
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
  if (reset.kept !== undefined && isTestDue(reset, now)) {
    const { pausedAt: _pausedAt, ...going } = reset;
    // One that is overdue was cut off by a crash: somebody may be waiting for it.
    const isBackground = reset.step !== 'testing';
    const next = test(now, isBackground ? BACKGROUND_TEST_OVERDUE : TEST_OVERDUE);
    return withEffects(turn(going, next), { kind: 'test', version: reset.kept, isBackground });
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

function isTestDue({ kept, testAt }: Reset, now: Date): boolean {
  return kept !== undefined && testAt !== undefined && now.getTime() >= Date.parse(testAt);
}

/** A pause ends when somebody goes on, and by no silence. */
function wakePaused(reset: Reset, pausedAt: string, now: Date): Transition {
  if (now.getTime() < pauseReminderAt(reset, pausedAt)) return nothing(reset);
  return { reset: { ...reset, remindedAt: now.toISOString() }, effects: [{ kind: 'tell', what: 'paused' }] };
}

function test(now: Date, overdueMs: number = TEST_OVERDUE): Partial<Reset> {
  return { step: 'testing', testAt: later(now, overdueMs) };
}

function later(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString();
}

function withoutTest({ testAt: _testAt, ...reset }: Reset): Reset {
  return reset;
}

/** The card changes because somebody acted: the 72 hours start anew. */
function click(reset: Reset, change: Partial<Reset>, now: Date): Transition {
  const { pausedAt: _pausedAt, remindedAt: _remindedAt, ...rest } = reset;
  return turn(rest, { touchedAt: now.toISOString(), nudged: false, warned: false, ...change });
}

/** Whatever was asked is over with it. */
function turn({ asks: _asks, ...reset }: Reset, change: Partial<Reset>): Transition {
  return { reset: { ...reset, ...change, revision: reset.revision + 1 }, effects: [] };
}

function end(reset: Reset, how: ResetEnd, what: Recorded, now: Date): Transition {
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
