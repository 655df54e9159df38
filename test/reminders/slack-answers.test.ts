import { expect, test } from '@jest/globals';
import { PlaceGone, TryLater } from '../../src/bot/channel.ts';
import { asGone, RATE_LIMITED, SlackCalls } from '../../src/bot/slack/calls.ts';

/** What Slack's client throws on a 429 of so many seconds. */
const limited = (retryAfter: number) => Object.assign(new Error('429'), { code: RATE_LIMITED, retryAfter });

test('a 429 of Slack that is long is said to whoever asked, with its Retry-After, and not tried again', async () => {
  let calls = 0;
  const sending = new SlackCalls(async () => ({}) as never).inLine('C1', async () => {
    calls += 1;
    throw limited(30);
  });
  const refusal = await sending.catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(TryLater);
  expect(refusal).toMatchObject({ retryAfterMs: 30_000 });
  expect(calls).toBe(1);
});

test('a 429 of Slack that is short is waited for', async () => {
  let calls = 0;
  const sending = new SlackCalls(async () => ({}) as never).inLine('C1', async () => {
    calls += 1;
    if (calls === 1) throw limited(0.05);
    return 'sent';
  });
  await expect(sending).resolves.toBe('sent');
  expect(calls).toBe(2);
});

test.each(['channel_not_found', 'is_archived', 'not_in_channel', 'user_not_found', 'messages_tab_disabled'])(
  'Slack’s « %s » means that the place is gone',
  (error) => {
    expect(asGone({ data: { error } })).toBeInstanceOf(PlaceGone);
    expect(asGone({ data: { error: 'internal_error' } })).not.toBeInstanceOf(PlaceGone);
  },
);

test.each(['message_not_found', 'cant_update_message', 'edit_window_closed'])(
  'Slack’s « %s » means that the message is gone, and its place is not',
  (error) => {
    expect(asGone({ data: { error } })).toMatchObject({ name: 'MessageGone', reason: error });
  },
);
