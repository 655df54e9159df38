import { expect, test } from '@jest/globals';
import { MessageGone, PlaceGone, TryLater } from '../../src/bot/channel.ts';
import { SlackCalls } from '../../src/bot/slack/calls.ts';
import { meaningOf, refusalFields, translated, unknownWord, WORDS } from '../../src/bot/slack/errors.ts';
import { createLog } from '../../src/log.ts';

/** Calls in a workspace that is always there. */
const calls = () => new SlackCalls({ find: async () => ({ api: {} }) as never });

/** What Slack's client throws on a 429 of so many seconds. */
const limited = (retryAfter: number) =>
  Object.assign(new Error('429'), { code: 'slack_webapi_rate_limited_error', retryAfter });

const refused = (error: string, more: object = {}) => ({ data: { ok: false, error, ...more } });

test('a 429 of Slack that is long is said to whoever asked, with its Retry-After, and not tried again', async () => {
  let asked = 0;
  const sending = calls().inLine('T1', 'C1', async () => {
    asked += 1;
    throw limited(30);
  });
  const refusal = await sending.catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(TryLater);
  expect(refusal).toMatchObject({ retryAfterMs: 30_000 });
  expect(asked).toBe(1);
});

test('a 429 of Slack that is short is waited for', async () => {
  let asked = 0;
  const sending = calls().inLine('T1', 'C1', async () => {
    asked += 1;
    if (asked === 1) throw limited(0.05);
    return 'sent';
  });
  await expect(sending).resolves.toBe('sent');
  expect(asked).toBe(2);
});

test.each(WORDS.place)('Slack’s « %s » means that nothing can be posted there', (word) => {
  expect(translated(refused(word))).toBeInstanceOf(PlaceGone);
  expect(translated(refused(word))).toMatchObject({ reason: word });
});

test.each(WORDS.message)('Slack’s « %s » means that only this message cannot be changed any more', (word) => {
  expect(translated(refused(word))).toBeInstanceOf(MessageGone);
  expect(translated(refused(word))).toMatchObject({ reason: word });
});

test.each(WORDS.transient)('Slack’s « %s » means to try again', (word) => {
  expect(translated(refused(word))).toMatchObject({ name: 'TryLater', retryAfterMs: 1_000 });
  const asked = refused(word, { response_metadata: { retryAfter: 7 } });
  expect(translated(asked)).toMatchObject({ name: 'TryLater', retryAfterMs: 7_000 });
});

test.each([...WORDS.token, ...WORDS.trigger, 'invalid_blocks', 'a_new_word', ''])(
  'Slack’s « %s » is given as it is: it is neither tried again nor taken for the end of a conversation',
  (word) => {
    const error = refused(word);
    expect(translated(error)).toBe(error);
  },
);

test.each([
  ['no answer', { code: 'slack_webapi_request_error' }, 1_000],
  ['500', { code: 'slack_webapi_http_error', statusCode: 500 }, 1_000],
  [
    '503 with Retry-After',
    { code: 'slack_webapi_http_error', statusCode: 503, headers: { 'retry-after': '9' } },
    9_000,
  ],
  ['429', { code: 'slack_webapi_rate_limited_error', retryAfter: 4 }, 4_000],
])('%s means to try again', (_what, error, retryAfterMs) => {
  expect(translated(error)).toMatchObject({ name: 'TryLater', retryAfterMs });
});

test('a 404 of Slack’s API is no reason to try again', () => {
  const error = { code: 'slack_webapi_http_error', statusCode: 404 };
  expect(translated(error)).toBe(error);
});

test.each([undefined, null, 'text', 42, {}, new Error('x')])(
  '%p, which may be thrown as well, is given as it is',
  (thrown) => {
    expect(translated(thrown)).toBe(thrown);
    expect(meaningOf(thrown)).toBeUndefined();
  },
);

test('each word means one thing', () => {
  const words = Object.values(WORDS).flat();
  expect(new Set(words).size).toBe(words.length);
});

test.each([
  ['a sentence', 'no permission for Claire Durand, 06 12 34 56 78'],
  ['a password', 'goZckgk7Kevikl!'],
  ['a line end', 'invalid_auth\n{"level":"info"}'],
  ['a number of kB', 'x'.repeat(10_000)],
  ['an object', { text: 'canary' }],
])('%s in the place of Slack’s word does not come into the log', (_what, error) => {
  const refusal = { data: { ok: false, error, needed: 'chat:write' } };
  const logged: string[] = [];
  const log = createLog('info', { write: (line) => logged.push(line) });
  for (const thrown of [refusal, translated(refusal)]) log.warn('slack.failed', refusalFields(thrown));
  expect(unknownWord(refusal)).toBeUndefined();
  for (const line of logged) {
    expect(JSON.parse(line)).not.toHaveProperty('reason');
    expect(JSON.parse(line)).toMatchObject({ needed: 'chat:write' });
  }
  expect(logged).toHaveLength(2);
});

test('Slack’s word and the scope that it asks for come into the log', () => {
  const refusal = { data: { ok: false, error: 'missing_scope', needed: 'chat:write,users:read' } };
  expect(refusalFields(refusal)).toMatchObject({ reason: 'missing_scope', needed: 'chat:write,users:read' });
});
