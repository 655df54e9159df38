import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TIMEOUTS } from '../../src/chorus/client.ts';
import type { TestAnswer } from '../../src/chorus/procedures/pauses.ts';
import {
  BACKGROUND_TEST_OVERDUE,
  type Effect,
  ENDS,
  type Event,
  hasEnded,
  mayRetry,
  NUDGE_AFTER,
  PAUSE_REMINDER,
  REFUSALS_A_DAY,
  type Reset,
  type Step,
  TEST_OVERDUE,
  TESTS,
  TIME_OUT,
  takesPassword,
  WALK,
  WARN_AFTER,
  wakeAt,
} from '../../src/chorus/procedures/reset.ts';
import { begin, step } from '../../src/chorus/procedures/transitions.ts';

const START = new Date('2026-11-21T09:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const elapsed = (ms: number) => new Date(START.getTime() + ms);

const STEPS: readonly Step[] = [...WALK, ...TESTS, 'report', ...ENDS];

/** A reset that stands at `at`, as it would have come there. */
function given(at: Step, more: Partial<Reset> = {}): Reset {
  const { reset } = begin('reset-1', 'signIn', START);
  const kept = [...TESTS, 'report'].includes(at as never) ? { kept: 7 } : {};
  const reason = at === 'refused' || at === 'unknown' ? { reason: 'why', attempts: 1 } : {};
  return { ...reset, step: at, revision: 5, ...kept, ...reason, ...more };
}

const kinds = (effects: readonly Effect[]) =>
  effects.map((e) => (e.kind === 'test' ? 'test' : `${e.kind} ${e.what}`));

const EVENTS: Readonly<Record<string, Event>> = {
  done: { kind: 'done' },
  back: { kind: 'back' },
  abandon: { kind: 'abandon' },
  emailNotYet: { kind: 'emailNotYet' },
  retry: { kind: 'retry' },
  lostPassword: { kind: 'lostPassword' },
  passwordKept: { kind: 'passwordKept', version: 8 },
  accepted: { kind: 'tested', version: 7, answer: { outcome: 'accepted' } },
  refused: { kind: 'tested', version: 7, answer: { outcome: 'refused', reason: 'technicalAccount' } },
  unknown: { kind: 'tested', version: 7, answer: { outcome: 'unknown', reason: 'timeout' } },
  timePassed: { kind: 'timePassed' },
  askStop: { kind: 'askStop' },
  askLost: { kind: 'askLost' },
  keepOn: { kind: 'keepOn' },
  pause: { kind: 'pause' },
  submitted: { kind: 'submitted' },
  notSubmitted: { kind: 'notSubmitted' },
  pageOpen: { kind: 'pageOpen' },
  testKept: { kind: 'testKept', version: 8 },
};

/** What is asked, or paused, stays where it stands; a kept password is tested from every step of the walk. */
function asked(at: Step): Partial<Record<keyof typeof EVENTS, Step>> {
  const isRunning = !([...ENDS, 'accepted', 'report'] as readonly Step[]).includes(at);
  const isWalk = (WALK as readonly Step[]).includes(at);
  return {
    ...(isRunning ? { askStop: at } : {}),
    ...(LEADS[at].lostPassword === undefined ? {} : { askLost: at }),
    ...(isWalk || at === 'refused' ? { pause: at } : {}),
    ...(isWalk ? { testKept: 'testing' } : {}),
  };
}

/** Where each event leads from each step; what is not named here changes nothing. */
const LEADS: Readonly<Record<Step, Partial<Record<keyof typeof EVENTS, Step>>>> = {
  // Somebody may have the new password already.
  signIn: { done: 'openApplication', abandon: 'abandoned', passwordKept: 'testing' },
  openApplication: { done: 'copyPassword', back: 'signIn', abandon: 'abandoned' },
  // Where only a reset of an earlier version stands.
  requestType: { done: 'copyPassword', back: 'signIn', abandon: 'abandoned' },
  selectAccount: { done: 'copyPassword', back: 'signIn', abandon: 'abandoned' },
  copyPassword: {
    done: 'submitRequest',
    back: 'openApplication',
    abandon: 'abandoned',
    passwordKept: 'submitRequest',
    // It was written where others may read it.
    lostPassword: 'openApplication',
  },
  submitRequest: {
    done: 'awaitEmail',
    back: 'copyPassword',
    abandon: 'abandoned',
    passwordKept: 'submitRequest',
    lostPassword: 'openApplication',
  },
  awaitEmail: {
    done: 'enterPassword',
    back: 'submitRequest',
    abandon: 'abandoned',
    emailNotYet: 'awaitEmail',
    lostPassword: 'openApplication',
  },
  enterPassword: {
    back: 'awaitEmail',
    abandon: 'abandoned',
    passwordKept: 'testing',
    lostPassword: 'openApplication',
  },
  testing: { abandon: 'abandoned', accepted: 'accepted', refused: 'refused', unknown: 'unknown' },
  refused: {
    abandon: 'abandoned',
    retry: 'testing',
    passwordKept: 'testing',
    lostPassword: 'openApplication',
  },
  unknown: {
    abandon: 'abandoned',
    retry: 'testing',
    passwordKept: 'testing',
    lostPassword: 'openApplication',
  },
  accepted: { done: 'report' },
  report: { done: 'done' },
  done: {},
  abandoned: {},
  timedOut: {},
};

describe('every event at every step', () => {
  for (const at of STEPS) {
    for (const [name, event] of Object.entries(EVENTS)) {
      const to = { ...LEADS[at], ...asked(at) }[name];
      if (to === undefined) {
        test(`at ${at}, ${name} changes nothing`, () => {
          const reset = given(at);
          const next = step(reset, event, elapsed(MINUTE));
          expect(next.reset).toBe(reset);
          expect(next.effects).toEqual([]);
        });
      } else {
        test(`at ${at}, ${name} leads to ${to}, on a card of a new revision`, () => {
          const next = step(given(at), event, elapsed(MINUTE));
          expect(next.reset.step).toBe(to);
          expect(next.reset.revision).toBe(6);
        });
      }
    }
  }
});

describe('the password', () => {
  test('kept before Soumettre is tested only when the e-mail has come', () => {
    const kept = step(given('copyPassword'), { kind: 'passwordKept', version: 3 }, START);
    expect(kept.reset).toMatchObject({ step: 'submitRequest', kept: 3 });
    expect(kept.effects).toEqual([]);
    const submitted = step(kept.reset, { kind: 'done' }, START);
    expect(submitted.effects).toEqual([]);
    const came = step(submitted.reset, { kind: 'done' }, START);
    expect(came.reset.step).toBe('testing');
    expect(came.effects).toEqual([{ kind: 'test', version: 3 }]);
  });

  test('that somebody has already is entered at the first step and tested at once: it is said to be submitted', () => {
    const { reset, effects } = step(given('signIn'), { kind: 'passwordKept', version: 4 }, START);
    expect(reset).toMatchObject({ step: 'testing', kept: 4, submitted: true });
    expect(effects).toEqual([{ kind: 'test', version: 4 }]);
  });

  test('entered after the e-mail is tested at once', () => {
    const { reset, effects } = step(given('enterPassword'), { kind: 'passwordKept', version: 4 }, START);
    expect(reset).toMatchObject({ step: 'testing', kept: 4 });
    expect(effects).toEqual([{ kind: 'test', version: 4 }]);
  });

  test.each(STEPS)(
    'may be entered at %s only where the portal shows it, or it must be entered again',
    (at) => {
      const may = [
        ...['signIn', 'copyPassword', 'submitRequest'],
        ...['enterPassword', 'refused', 'unknown'],
      ].includes(at);
      expect(takesPassword(given(at))).toBe(may);
    },
  );

  test('of another version than the one that was tested is not judged', () => {
    const reset = given('testing', { kept: 8 });
    expect(step(reset, { kind: 'tested', version: 7, answer: { outcome: 'accepted' } }, START).reset).toBe(
      reset,
    );
  });

  test('that is lost leads back to the portal, and is forgotten by the reset only', () => {
    const { reset, effects } = step(
      given('refused', { refusedAt: [START.toISOString()] }),
      { kind: 'lostPassword' },
      START,
    );
    expect(reset.step).toBe('openApplication');
    expect(reset.kept).toBeUndefined();
    expect(reset.refusedAt).toEqual([]);
    expect(kinds(effects)).toEqual(['record passwordLost']);
  });
});

describe('the connection test', () => {
  const judged = (answer: TestAnswer, more: Partial<Reset> = {}, now = START) =>
    step(
      given('testing', { testAt: START.toISOString(), ...more }),
      { kind: 'tested', version: 7, answer },
      now,
    );

  test('accepted: the reset is told, and waits for nothing more from Chorus Pro', () => {
    const { reset, effects } = judged({ outcome: 'accepted' });
    expect(reset.testAt).toBeUndefined();
    expect(kinds(effects)).toEqual(['record passwordAccepted', 'tell verdict']);
  });

  test.each([
    [0, 1],
    [1, 2],
    [2, 5],
    [3, 10],
    [4, 15],
    [5, 30],
    [6, 60],
    [40, 60],
  ])(
    'unknown for the %i-th time: it is made again in %i minutes, and the password stays',
    (attempts, minutes) => {
      const { reset } = judged({ outcome: 'unknown', reason: 'timeout' }, { attempts });
      expect(reset).toMatchObject({
        step: 'unknown',
        kept: 7,
        testAt: elapsed(minutes * MINUTE).toISOString(),
      });
    },
  );

  test('a Retry-After that is longer than our pause is honoured in full', () => {
    const soon = judged({ outcome: 'unknown', reason: 'busy', retryAfterSeconds: 600 });
    expect(soon.reset.testAt).toBe(elapsed(10 * MINUTE).toISOString());
    const far = judged({ outcome: 'unknown', reason: 'busy', retryAfterSeconds: 172_800 });
    expect(far.reset.testAt).toBe(elapsed(48 * HOUR).toISOString());
  });

  test('refused: it is made again three times at most, ever later, and the password stays', () => {
    expect(pausesAfter({ outcome: 'refused', reason: 'technicalAccount' })).toEqual([10, 30, 120, undefined]);
  });

  test('refused after a long outage: it is made again as often as without one', () => {
    const { reset } = judged({ outcome: 'refused', reason: 'technicalAccount' }, { attempts: 12 });
    expect(reset.testAt).toBe(elapsed(10 * MINUTE).toISOString());
  });

  test('an answer that nobody foresaw may have judged the password: three tests, then one a day later', () => {
    const answer = { outcome: 'unknown', reason: 'unexpected', isAttempt: true } as const;
    expect(pausesAfter(answer)).toEqual([10, 30, 120, 24 * 60]);
    const spent = Array.from({ length: REFUSALS_A_DAY }, () => START.toISOString());
    expect(mayRetry(judged(answer, { refusedAt: spent.slice(1) }).reset, elapsed(HOUR))).toBe(false);
  });

  /** The minutes until the next test, after the first, second, third and fourth such answer of a day. */
  function pausesAfter(answer: TestAnswer) {
    return [0, 1, 2, 3].map((before) => {
      const refusedAt = Array.from({ length: before }, () => START.toISOString());
      const { reset } = judged(answer, { refusedAt, attempts: before });
      expect(reset.kept).toBe(7);
      return reset.testAt && (Date.parse(reset.testAt) - START.getTime()) / MINUTE;
    });
  }

  test('a password that was refused a handful of times is not tried again that day, and may be on the next', () => {
    const refusedAt = Array.from({ length: REFUSALS_A_DAY }, (_, i) => elapsed(i * MINUTE).toISOString());
    const reset = given('refused', { refusedAt });
    expect(mayRetry(reset, elapsed(HOUR))).toBe(false);
    expect(step(reset, { kind: 'retry' }, elapsed(HOUR)).reset).toBe(reset);
    expect(mayRetry(reset, elapsed(25 * HOUR))).toBe(true);
  });

  test('attempts that are spent for everybody leave nobody a retry until one is over; those of the bot alone do', () => {
    const spent = (more: Partial<Extract<TestAnswer, { outcome: 'unknown' }>>) =>
      step(
        given('testing'),
        {
          kind: 'tested',
          version: 7,
          answer: { outcome: 'unknown', reason: 'attemptsSpent', retryAfterSeconds: 7_200, ...more },
        },
        START,
      ).reset;
    const ofTheBot = spent({});
    expect(mayRetry(ofTheBot, START)).toBe(true);
    const ofAll = spent({ peopleRetryAfterSeconds: 3_600 });
    expect([ofAll.testAt, ofAll.retryAt]).toEqual([
      elapsed(2 * HOUR).toISOString(),
      elapsed(HOUR).toISOString(),
    ]);
    expect(mayRetry(ofAll, elapsed(HOUR - 1))).toBe(false);
    expect(mayRetry(ofAll, elapsed(HOUR))).toBe(true);
    // Another password has its own attempts.
    const anew = step(ofAll, { kind: 'passwordKept', version: 8 }, START).reset;
    const unanswered: Event = {
      kind: 'tested',
      version: 8,
      answer: { outcome: 'unknown', reason: 'timeout' },
    };
    expect(step(anew, unanswered, START).reset.retryAt).toBeUndefined();
  });

  test('one that was cut off by a crash is started anew when it is overdue, and not before', () => {
    const { reset } = step(given('refused'), { kind: 'retry' }, START);
    expect(wakeAt(reset)).toEqual(elapsed(TEST_OVERDUE));
    expect(step(reset, { kind: 'timePassed' }, elapsed(TEST_OVERDUE - 1)).effects).toEqual([]);
    // Somebody may be waiting for it: it has no more time than it had.
    const anew = step(reset, { kind: 'timePassed' }, elapsed(TEST_OVERDUE));
    expect(anew.effects).toEqual([{ kind: 'test', version: 7, isBackground: false }]);
    expect(wakeAt(anew.reset)).toEqual(elapsed(2 * TEST_OVERDUE));
  });

  test('is made again by itself when its hour has come', () => {
    const { reset } = judged({ outcome: 'unknown', reason: 'timeout' });
    const again = step(reset, { kind: 'timePassed' }, elapsed(MINUTE));
    expect(again.reset.step).toBe('testing');
    expect(again.effects).toEqual([{ kind: 'test', version: 7, isBackground: true }]);
    expect(wakeAt(again.reset)).toEqual(elapsed(MINUTE + BACKGROUND_TEST_OVERDUE));
  });

  test('is over before it counts as overdue: 20 s where somebody waits, 60 s where nobody does', () => {
    expect(TIMEOUTS).toMatchObject({ test: 20_000, background: 60_000 });
    expect(TIMEOUTS.test).toBeLessThan(TEST_OVERDUE);
    expect(TIMEOUTS.background).toBeLessThan(BACKGROUND_TEST_OVERDUE);
  });
});

describe('silence', () => {
  test('two days after the last click somebody is warned, once', () => {
    const reset = given('requestType');
    expect(wakeAt(reset)).toEqual(elapsed(WARN_AFTER));
    const warned = step(reset, { kind: 'timePassed' }, elapsed(WARN_AFTER));
    expect(kinds(warned.effects)).toEqual(['tell aboutToTimeOut']);
    expect(warned.reset.revision).toBe(reset.revision);
    expect(step(warned.reset, { kind: 'timePassed' }, elapsed(WARN_AFTER + HOUR)).effects).toEqual([]);
    expect(wakeAt(warned.reset)).toEqual(elapsed(TIME_OUT));
  });

  test('after 72 hours the reset ends, politely', () => {
    const { reset, effects } = step(
      given('requestType', { warned: true }),
      { kind: 'timePassed' },
      elapsed(TIME_OUT),
    );
    expect(reset.step).toBe('timedOut');
    expect(kinds(effects)).toEqual(['record resetTimedOut', 'tell timedOut']);
    expect(wakeAt(reset)).toBeUndefined();
  });

  test('a click starts the 72 hours anew, and the warning too', () => {
    const clicked = step(given('requestType', { warned: true }), { kind: 'done' }, elapsed(50 * HOUR));
    expect(clicked.reset.warned).toBe(false);
    expect(wakeAt(clicked.reset)).toEqual(elapsed(50 * HOUR + WARN_AFTER));
  });

  test('while Chorus Pro does not answer ends nothing: the bot goes on asking (P3)', () => {
    const reset = given('unknown', { testAt: elapsed(200 * HOUR).toISOString() });
    const later = step(reset, { kind: 'timePassed' }, elapsed(100 * HOUR));
    expect(later.reset.step).toBe('unknown');
    expect(step(later.reset, { kind: 'timePassed' }, elapsed(150 * HOUR)).reset).toBe(later.reset);
  });

  test.each<Step>(['awaitEmail', 'enterPassword', 'refused', 'unknown'])(
    'at %s, where the old password may be dead already, is pointed out after a day, once',
    (at) => {
      const reset = given(at);
      expect(wakeAt(reset)).toEqual(elapsed(NUDGE_AFTER));
      expect(step(reset, { kind: 'timePassed' }, elapsed(NUDGE_AFTER - 1)).reset).toBe(reset);
      const nudged = step(reset, { kind: 'timePassed' }, elapsed(NUDGE_AFTER));
      expect(kinds(nudged.effects)).toEqual(['tell standsStill']);
      expect(nudged.reset).toEqual({ ...reset, nudged: true });
      expect(step(nudged.reset, { kind: 'timePassed' }, elapsed(NUDGE_AFTER + HOUR)).effects).toEqual([]);
    },
  );

  test('that was pointed out is pointed out again a day after the next click', () => {
    const clicked = step(given('awaitEmail', { nudged: true }), { kind: 'emailNotYet' }, elapsed(30 * HOUR));
    expect(wakeAt(clicked.reset)).toEqual(elapsed(30 * HOUR + NUDGE_AFTER));
  });

  test('that the bot slept through is pointed out by its warning alone', () => {
    const warned = step(given('awaitEmail'), { kind: 'timePassed' }, elapsed(WARN_AFTER));
    expect(kinds(warned.effects)).toEqual(['tell aboutToTimeOut']);
    expect(step(warned.reset, { kind: 'timePassed' }, elapsed(WARN_AFTER + 1)).effects).toEqual([]);
  });

  test('after the verdict alarms nobody: the password is current already', () => {
    const { reset, effects } = step(given('accepted'), { kind: 'timePassed' }, elapsed(TIME_OUT));
    expect(reset.step).toBe('done');
    expect(kinds(effects)).toEqual(['record resetDone']);
  });
});

describe('what a reset remembers, and what is written down of it', () => {
  test('it begins with nothing behind it, on the portal or with a password that is known already', () => {
    const { reset, effects } = begin('reset-1', 'signIn', START);
    expect(reset).toEqual({
      id: 'reset-1',
      step: 'signIn',
      revision: 1,
      startedAt: START.toISOString(),
      touchedAt: START.toISOString(),
      nudged: false,
      warned: false,
      submitted: false,
      notYet: 0,
      attempts: 0,
      refusedAt: [],
    });
    expect(kinds(effects)).toEqual(['record resetStarted']);
    expect(begin('reset-1', 'enterPassword', START).reset).toEqual({
      ...reset,
      step: 'enterPassword',
      first: 'enterPassword',
      submitted: true,
    });
  });

  test('Soumettre was clicked', () => {
    expect(step(given('submitRequest'), { kind: 'done' }, START).reset.submitted).toBe(true);
  });

  test('how often the e-mail had not come', () => {
    const once = step(given('awaitEmail'), { kind: 'emailNotYet' }, START);
    expect(step(once.reset, { kind: 'emailNotYet' }, START).reset.notYet).toBe(2);
  });

  test.each<[Step, Event, string[]]>([
    ['signIn', { kind: 'abandon' }, ['record resetAbandoned']],
    ['report', { kind: 'done' }, ['record resetDone']],
    ['refused', { kind: 'retry' }, ['test']],
    ['testing', EVENTS.refused as Event, ['record passwordRefused', 'tell verdict']],
    ['testing', EVENTS.unknown as Event, ['record passwordUnknown', 'tell verdict']],
  ])('at %s, %j has its effects', (at, event, effects) => {
    expect(kinds(step(given(at), event, START).effects)).toEqual(effects);
  });

  test('a test that is asked for is of the password that is kept, and there is none without one', () => {
    expect(step(given('refused'), { kind: 'retry' }, START).effects).toEqual([{ kind: 'test', version: 7 }]);
    const { kept: _, ...empty } = given('refused');
    expect(step(empty, { kind: 'retry' }, START)).toEqual({ reset: empty, effects: [] });
  });

  test('each refusal, until another password is kept or this one is accepted', () => {
    const earlier = elapsed(-HOUR).toISOString();
    const testing = given('testing', { attempts: 1, refusedAt: [earlier] });
    const refused = step(testing, EVENTS.refused as Event, START).reset;
    expect(refused).toMatchObject({ attempts: 2, refusedAt: [earlier, START.toISOString()] });
    const unknown = step(testing, EVENTS.unknown as Event, START).reset;
    expect(unknown).toMatchObject({ attempts: 2, refusedAt: [earlier] });
    for (const event of [EVENTS.accepted, EVENTS.passwordKept] as Event[]) {
      const at = event.kind === 'tested' ? testing : refused;
      expect(step(at, event, START).reset).toMatchObject({ attempts: 0, refusedAt: [] });
    }
  });

  test('the last refusal that a day allows is followed by no test of the bot’s own', () => {
    const refusedAt = Array.from({ length: REFUSALS_A_DAY - 1 }, () => START.toISOString());
    const { reset } = step(given('testing', { refusedAt }), EVENTS.refused as Event, START);
    expect(reset.refusedAt).toHaveLength(REFUSALS_A_DAY);
    expect(reset.testAt).toBeUndefined();
  });

  test('a refusal is forgotten when its day is over, to the second', () => {
    const refusedAt = Array.from({ length: REFUSALS_A_DAY }, () => START.toISOString());
    expect(mayRetry(given('refused', { refusedAt }), elapsed(24 * HOUR - 1))).toBe(false);
    expect(mayRetry(given('refused', { refusedAt }), elapsed(24 * HOUR))).toBe(true);
  });
});

describe('silence that is nobody’s fault', () => {
  const testAt = elapsed(200 * HOUR).toISOString();

  test.each<Step>(['testing', 'unknown'])(
    'at %s neither warns nor ends, and wakes for the test only',
    (at) => {
      const reset = given(at, { testAt, nudged: true });
      expect(wakeAt(reset)).toEqual(new Date(testAt));
      for (const silence of [WARN_AFTER, TIME_OUT])
        expect(step(reset, { kind: 'timePassed' }, elapsed(silence))).toEqual({ reset, effects: [] });
    },
  );

  test.each<Step>(['accepted', 'report'])('at %s is not warned of', (at) => {
    const reset = given(at);
    expect(wakeAt(reset)).toEqual(elapsed(TIME_OUT));
    expect(step(reset, { kind: 'timePassed' }, elapsed(WARN_AFTER))).toEqual({ reset, effects: [] });
  });
});

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.constantFrom<Event>(...Object.values(EVENTS)),
  fc.record({ kind: fc.constant('passwordKept' as const), version: fc.integer({ min: 1, max: 9 }) }),
);

test('whatever happens in whatever order, a kept password is given up only by being replaced or lost by its owner', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 80 * HOUR }))),
      fc.option(fc.constant(5), { nil: undefined }),
      (story, pending) => {
        let now = START.getTime();
        let { reset } = begin('any', 'signIn', START, pending);
        for (const [event, pause] of story) {
          now += pause;
          const before = reset;
          const next = step(before, event, new Date(now));
          reset = next.reset;
          if (before.kept !== undefined && reset.kept !== before.kept) {
            expect(['passwordKept', 'lostPassword', 'notSubmitted', 'testKept']).toContain(event.kind);
          }
          // A revision that stays means a card that stays.
          if (reset.step !== before.step) expect(reset.revision).toBeGreaterThan(before.revision);
          // Only a test of the kept version can settle a reset (P2).
          if (reset.step === 'accepted' && before.step !== 'accepted') expect(before.step).toBe('testing');
          if (hasEnded(before)) expect(reset).toBe(before);
          for (const effect of next.effects)
            if (effect.kind === 'test') expect(effect.version).toBe(reset.kept);
          expect(wakeAt(reset) === undefined).toBe(hasEnded(reset));
        }
      },
    ),
  );
});

describe('stopping loses nothing', () => {
  test('what is asked is over with the next event, and « Continuer » leads back to the step', () => {
    const asked = step(given('awaitEmail', { kept: 7 }), { kind: 'askStop' }, START).reset;
    expect(asked).toMatchObject({ step: 'awaitEmail', asks: 'stop', kept: 7 });
    const back = step(asked, { kind: 'keepOn' }, START).reset;
    expect(back).toEqual({ ...given('awaitEmail', { kept: 7 }), revision: asked.revision + 1 });
    expect(step(asked, { kind: 'emailNotYet' }, START).reset.asks).toBeUndefined();
    expect(step(back, { kind: 'keepOn' }, START).reset).toBe(back);
  });

  test('a pause ends by no silence, is reminded of every two days, and after Soumettre every day', () => {
    const paused = step(given('copyPassword'), { kind: 'pause' }, START);
    expect(paused.reset).toMatchObject({ step: 'copyPassword', pausedAt: START.toISOString() });
    expect(kinds(paused.effects)).toEqual(['record resetPaused']);
    let { reset } = paused;
    for (const times of [1, 2, 3]) {
      expect(wakeAt(reset)).toEqual(elapsed(times * PAUSE_REMINDER));
      expect(step(reset, { kind: 'timePassed' }, elapsed(times * PAUSE_REMINDER - 1)).effects).toEqual([]);
      const reminded = step(reset, { kind: 'timePassed' }, elapsed(times * PAUSE_REMINDER));
      expect(kinds(reminded.effects)).toEqual(['tell paused']);
      expect(reminded.reset.step).toBe('copyPassword');
      ({ reset } = reminded);
    }
    const going = step(reset, { kind: 'keepOn' }, elapsed(200 * HOUR)).reset;
    expect(going.pausedAt).toBeUndefined();
    expect(wakeAt(going)).toEqual(elapsed(200 * HOUR + WARN_AFTER));
    expect(wakeAt(step(given('awaitEmail'), { kind: 'pause' }, START).reset)).toEqual(elapsed(NUDGE_AFTER));
  });

  test('a pause at a refusal ends when the bot tests by itself', () => {
    const refused = given('refused', { testAt: elapsed(10 * MINUTE).toISOString() });
    const paused = step(refused, { kind: 'pause' }, START).reset;
    const tested = step(paused, { kind: 'timePassed' }, elapsed(10 * MINUTE));
    expect(kinds(tested.effects)).toEqual(['test']);
    expect(tested.reset).toMatchObject({ step: 'testing' });
    expect(tested.reset.pausedAt).toBeUndefined();
  });

  test('with a kept password it begins by asking whether Soumettre was clicked, and goes on where that leads', () => {
    const { reset } = begin('reset-1', 'signIn', START, 5);
    expect(reset).toMatchObject({ step: 'signIn', asks: 'submitted', kept: 5, submitted: false });
    const answer = (kind: 'submitted' | 'notSubmitted' | 'pageOpen') => step(reset, { kind }, START).reset;
    expect(answer('submitted')).toMatchObject({
      step: 'awaitEmail',
      kept: 5,
      submitted: true,
      first: 'awaitEmail',
    });
    expect(answer('pageOpen')).toMatchObject({ step: 'submitRequest', kept: 5, submitted: false });
    // The portal will show another one.
    expect(answer('notSubmitted')).toMatchObject({ step: 'signIn', submitted: false });
    expect(answer('notSubmitted').kept).toBeUndefined();
    const tested = step(reset, { kind: 'testKept', version: 5 }, START);
    expect(tested.reset).toMatchObject({ step: 'testing', kept: 5, submitted: false });
    expect(tested.effects).toEqual([{ kind: 'test', version: 5 }]);
    // Whoever thought of stopping is asked again.
    const asked = step(reset, { kind: 'askStop' }, START).reset;
    expect(step(asked, { kind: 'keepOn' }, START).reset).toMatchObject({ asks: 'submitted', kept: 5 });
  });
});
