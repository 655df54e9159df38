import { describe, expect, test } from '@jest/globals';
import { createLog, errorFields, type Fields } from '../src/log.ts';
import { Secret } from '../src/secret.ts';

const CANARY = 'goZckgkKevikl';

function record(level: Parameters<typeof createLog>[0] = 'info') {
  const lines: string[] = [];
  return { log: createLog(level, { write: (line) => void lines.push(line) }), lines };
}

test('a line is one JSON object with its time, level, event and allowed fields', () => {
  const { log, lines } = record();
  log.info('turn.answered', { correlation: 'c1', platform: 'teams', durationMs: 12 });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    event: 'turn.answered',
    correlation: 'c1',
    platform: 'teams',
    durationMs: 12,
  });
});

test('what is below the level is not written', () => {
  const { log, lines } = record('warn');
  log.info('turn.answered');
  log.warn('ready.failed');
  log.error('http.failed');
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(['ready.failed', 'http.failed']);
});

test('a field that is not allowed, or whose value is of another kind, is dropped', () => {
  const { log, lines } = record();
  const fields = {
    account: { toString: () => CANARY, toJSON: () => CANARY },
    correlation: [CANARY],
    person: new Secret(CANARY),
    durationMs: CANARY,
    reason: new Error(CANARY),
    password: CANARY,
    event: CANARY,
    __proto__: { step: CANARY },
    step: 'submit',
  };
  log.info('turn.answered', fields as unknown as Fields);
  expect(lines[0]).not.toContain(CANARY);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    time: expect.any(String),
    event: 'turn.answered',
    step: 'submit',
  });
});

test('a text longer than an id can be is cut', () => {
  const { log, lines } = record();
  log.info('turn.answered', { reason: 'x'.repeat(10_000) });
  expect(lines[0]?.length).toBeLessThan(500);
});

test('neither another field nor an event put together at run time compiles', () => {
  const { log, lines } = record('silent');
  const typed: string = CANARY;
  // @ts-expect-error not on the list
  log.info('turn.answered', { password: 'x' });
  // @ts-expect-error of another type
  log.info('turn.answered', { durationMs: 'x' });
  // @ts-expect-error any text
  log.info(typed);
  // @ts-expect-error any text within a template
  log.info(`turn ${typed}`);
  expect(lines).toEqual([]);
});

describe('an error', () => {
  function parseError(): Error {
    try {
      JSON.parse(CANARY);
    } catch (error) {
      return error as Error;
    }
    throw new Error('it parsed');
  }

  test('is told by name, code, causes and frames', () => {
    const cause = Object.assign(new TypeError(CANARY), { code: 'ECONNRESET' });
    const told = errorFields(Object.assign(new RangeError(CANARY, { cause }), { code: 'ERR_X' }));
    expect(told).toMatchObject({ error: 'RangeError', code: 'ERR_X', cause: 'TypeError ECONNRESET' });
    expect(told.stack).toMatch(/^at .*log\.test\.ts:\d+:\d+\)?\nat /);
  });

  test.each([
    ['whose message is the parsed text', parseError()],
    ['whose message has lines', new Error(`\n${CANARY}\n    at ${CANARY}\n    at f (${CANARY}:1:1)`)],
    ['whose message was changed', Object.assign(new Error(`x\n${CANARY}`), { message: 'y' })],
    ['whose name holds the text', Object.assign(new Error('x'), { name: `Error ${CANARY}` })],
    ['whose code holds the text', Object.assign(new Error('x'), { code: `code ${CANARY}` })],
    [
      'whose properties are objects',
      Object.assign(new Error('x'), { code: { CANARY }, name: Object.create(null), stack: {} }),
    ],
    ['whose cause holds the text', new Error('x', { cause: new Error(CANARY, { cause: CANARY }) })],
    ['that gathers others', new AggregateError([new Error(CANARY)], CANARY)],
    ['with more on it', Object.assign(new Error('x'), { payload: CANARY })],
    ['that is a text', CANARY],
    ['that is an object', { message: CANARY, stack: CANARY, name: CANARY }],
  ])('%s is told without that text', (_name, error) => {
    const { log, lines } = record();
    log.error('http.failed', errorFields(error));
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(CANARY);
  });

  test('that is its own cause is told once through', () => {
    const error = new Error('x');
    error.cause = error;
    expect(errorFields(error).cause).toBe('Error < Error < Error < Error < Error');
  });
});
