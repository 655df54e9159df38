import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createLog, errorFields, type Fields, foreignWord } from '../src/log.ts';
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

test('a text is shown without what is invisible, and without what looks like a token', () => {
  const { log, lines } = record();
  log.info('turn.answered', {
    reason: 'a\nb\u001b[31m\u202ec\u200bd\ud800',
    person: 'slack:T1:xoxb-1-canary',
    tenant: 'redis://bot:canary@host',
    field: 'Bearer eyJhbGciOi.eyJ0canary.c2lnbmF0dXJl',
    account: 'xapp-1-canary xoxe.xoxb-1-canary',
  });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    reason: 'a b[31mcd',
    person: 'slack:T1:[secret]',
    tenant: 'redis://[secret]@host',
    field: 'Bearer [secret]',
    account: '[secret] [secret]',
  });
});

test('the secrets that the log is told of are in no line of it', () => {
  const lines: string[] = [];
  const secrets = [new Secret(CANARY), new Secret('short'), new Secret('')];
  const log = createLog('info', { write: (line) => void lines.push(line) }, secrets);
  log.error('http.failed', { reason: `x${CANARY}y`, code: 'short', stack: `at f (/${CANARY}/x.js:1:1)` });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    reason: 'x[secret]y',
    code: 'short',
    stack: 'at f (/[secret]/x.js:1:1)',
  });
});

test('a word of somebody else is told as it is, and nothing else', () => {
  expect(['is_archived', 'ConversationBlockedByUser', 403].map(foreignWord)).toEqual([
    'is_archived',
    'ConversationBlockedByUser',
    '403',
  ]);
  const others = ['', 'two words', 'a\n', 'x'.repeat(61), '<script>', null, undefined, {}, ['a'], true];
  expect(others.map(foreignWord)).toEqual(others.map(() => undefined));
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

  class ErrorReply extends Error {}
  const caused = (cause: unknown) => new Error('x', { cause });

  test.each<[string, unknown, object]>([
    ['of Redis', new ErrorReply(`WRONGPASS invalid ${CANARY}`), { error: 'ErrorReply', code: 'WRONGPASS' }],
    ['of Redis, that caused it', caused(new ErrorReply('OOM command')), { cause: 'ErrorReply OOM' }],
    ['that begins like one of Redis', new Error('SECRETWORD x'), { code: undefined }],
    [
      'of a host with several addresses',
      new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]),
      { error: 'AggregateError', code: 'ECONNREFUSED' },
    ],
    [
      'of Microsoft',
      Object.assign(new Error(`invalid_client: 7000215 - AADSTS7000215: ${CANARY}`), {
        code: 'invalid_client',
      }),
      { code: 'AADSTS7000215' },
    ],
    [
      'of Slack',
      Object.assign(new Error(CANARY), {
        code: 'slack_webapi_platform_error',
        data: { ok: false, error: 'missing_scope', needed: 'users:read,im:write', provided: CANARY },
      }),
      { code: 'missing_scope', needed: 'users:read,im:write' },
    ],
    [
      'of Slack, with another text',
      Object.assign(new Error('x'), { data: { error: `no ${CANARY}`, needed: `${CANARY} x` } }),
      { code: undefined, needed: undefined },
    ],
    [
      'of a shape',
      z.object({ event: z.object({ user: z.array(z.string()) }) }).safeParse({ event: { user: [1] } }).error,
      { error: 'ZodError', field: 'event.user.0' },
    ],
    [
      'of a shape with names that were sent',
      z.record(z.string(), z.number()).safeParse({ [`${CANARY} x`]: CANARY }).error,
      { field: '?' },
    ],
  ])('%s is told by the code that helps', (_name, error, fields) => {
    const told = errorFields(error);
    expect(told).toMatchObject(Object.fromEntries(Object.entries(fields).filter(([, value]) => value)));
    for (const [name, value] of Object.entries(fields))
      if (value === undefined) expect(told).not.toHaveProperty(name);
    expect(JSON.stringify(told)).not.toContain(CANARY);
  });

  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const throwing = (base: object, ...names: string[]) => {
    for (const name of names)
      Object.defineProperty(base, name, {
        get() {
          throw new Error(CANARY);
        },
      });
    return base;
  };
  // The stack first: V8 makes it of the name and the message when it is looked at.
  const NAMES = ['stack', 'name', 'message', 'code', 'cause', 'data', 'errors', 'issues', 'constructor'];

  test.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a number', () => Number.NaN],
    ['a symbol', () => Symbol(CANARY)],
    ['a function', () => () => CANARY],
    ['an object without a prototype', () => Object.create(null)],
    ['a proxy that throws', () => revoked.proxy],
    ['an error whose properties throw', () => throwing(new Error('x'), ...NAMES)],
    ['an object whose properties throw', () => throwing({}, ...NAMES)],
    ['an error caused by a proxy that throws', () => caused(revoked.proxy)],
    [
      'an error whose data throws',
      () => Object.assign(new Error('x'), { data: throwing({}, 'error', 'needed') }),
    ],
    ['an error that gathers what throws', () => Object.assign(new Error('x'), { errors: [revoked.proxy] })],
    [
      'an error with an odd path',
      () => Object.assign(new Error('x'), { issues: [{ path: [Symbol('x'), {}] }] }),
    ],
    ['an error with a message of 50 MB', () => new Error(CANARY.repeat(4_000_000))],
    [
      'an error with a stack of 50 MB',
      () => Object.assign(new Error('x'), { stack: CANARY.repeat(4_000_000) }),
    ],
  ])('may be anything: %s', (_name, make) => {
    const { log, lines } = record();
    log.error('http.failed', errorFields(make()));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '').error).toMatch(/^\w+$/);
    expect(lines[0]).not.toContain(CANARY);
  });

  test('whose message has changed since shows no frame that the former message made up', () => {
    const error = new Error(`x\n    at ${CANARY} (${CANARY}:1:1)`);
    error.message = 'y';
    expect(errorFields(error).stack).toMatch(/log\.test\.ts/);
    expect(errorFields(error).stack).not.toContain(CANARY);
  });

  test('that knows no code leaves alone the one that the caller knows', () => {
    const { log, lines } = record();
    log.warn('slack.failed', { code: 'is_archived', field: 'channel', ...errorFields(new Error('x')) });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ code: 'is_archived', field: 'channel' });
  });
});
