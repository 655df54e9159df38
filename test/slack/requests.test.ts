import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TEAM } from './fake-slack.ts';
import { type Signing, signed } from './person.ts';
import { MANAGER_ID, openTestbed, type Testbed, until } from './testbed.ts';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await openTestbed();
});
afterAll(() => testbed.close());
beforeEach(() => {
  testbed.logged.length = 0;
});

const CANARY = 'aBcd1234eFgh';
/** A message that holds what must not be logged. */
const hello = (event = `Ev${randomUUID()}`) =>
  JSON.stringify({
    type: 'event_callback',
    team_id: TEAM,
    event_id: event,
    event: { type: 'message', channel_type: 'im', channel: 'D0HELENE', user: MANAGER_ID, text: CANARY },
  });

const send = (body: string, headers: Record<string, string>, type = 'application/json') =>
  fetch(`${testbed.botUrl}/slack/events`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body,
  });

const reasons = () =>
  testbed.logged.map((line) => JSON.parse(line)).map(({ event, reason }) => `${event} ${reason}`);

describe('a request is refused', () => {
  test.each<[string, Signing, string]>([
    ['signed with another secret', { secret: 'f'.repeat(32) }, 'signature'],
    ['signed six minutes ago', { ahead: -360 }, 'clock'],
    ['signed six minutes ahead', { ahead: 360 }, 'clock'],
    ['signed ten years ahead', { ahead: 315_360_000 }, 'clock'],
  ])('when it was %s', async (_how, signing, reason) => {
    const body = hello();
    expect((await send(body, signed(body, signing))).status).toBe(401);
    expect(reasons()).toEqual([`slack.refused ${reason}`]);
    expect(testbed.logged.join()).not.toContain(CANARY);
  });

  test('when its body was changed', async () => {
    const body = hello();
    expect((await send(`${body} `, signed(body))).status).toBe(401);
  });

  test.each([
    [{}],
    [{ 'x-slack-signature': 'v0=00' }],
    [{ 'x-slack-signature': 'v0=00', 'x-slack-request-timestamp': 'now' }],
  ])('without a signature %j', async (headers) => {
    expect((await send(hello(), headers as Record<string, string>)).status).toBe(401);
    expect(reasons()).toEqual(['slack.refused unsigned']);
  });

  test('when it is an exact replay, even on another replica', async () => {
    const body = hello();
    const headers = signed(body);
    expect((await send(body, headers)).status).toBe(200);
    expect((await send(body, headers)).status).toBe(401);
    expect(reasons()).toContain('slack.refused replay');

    const other = hello();
    const seenElsewhere = signed(other);
    const key = createHash('sha256').update(seenElsewhere['x-slack-signature']).digest('base64url');
    await testbed.store.claim(`slack-request/${key}`, 60_000);
    expect((await send(other, seenElsewhere)).status).toBe(401);
  });

  test('when it has 10 MB', async () => {
    const body = JSON.stringify({ text: CANARY.repeat(900_000) });
    const answer = await send(body, signed(body)).catch(() => undefined);
    // The connection may be cut before the answer is read.
    if (answer !== undefined) expect(answer.status).toBe(413);
    await until(() => reasons().length > 0);
    expect(testbed.logged.join()).toContain('"status":413');
    expect(testbed.logged.join()).not.toContain(CANARY);
  });

  const JSON_TYPE = 'application/json';
  const FORM = 'application/x-www-form-urlencoded';
  test.each([
    ['it is cut off', '{"type":', JSON_TYPE],
    ['it is a list', '[1]', JSON_TYPE],
    ['its payload is no JSON', 'payload=%7Bx', FORM],
    ['it is XML', '<xml/>', 'text/xml'],
    ['nothing was clicked', '{"type":"block_actions","actions":[]}', JSON_TYPE],
    ['the form has no person', '{"type":"view_submission","view":{"callback_id":"password"}}', JSON_TYPE],
    ['nobody knows its type', '{"type":"who knows"}', JSON_TYPE],
    [
      'its challenge is nested fifty thousand times',
      `{"type":"url_verification","challenge":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      JSON_TYPE,
    ],
    ['its person has a very long id', `command=/chorus&team_id=T1&user_id=U${'1'.repeat(2_000)}`, FORM],
    ['its event lacks the rest', '{"event":{"type":"message"}}', JSON_TYPE],
  ])('when it is signed, but %s', async (_what, body, type) => {
    const text = `${body}${' '.repeat(Math.floor(Math.random() * 1_000))}`;
    const { status } = await send(text, signed(text), type);
    // An event is acknowledged before it is looked at; the log tells what became of it.
    expect(status).toBe(body.includes('event') ? 200 : 400);
    await until(() => testbed.logged.length > 0);
  });
});

test('a clock that differs by four minutes is forgiven, either way', async () => {
  for (const ahead of [-240, 240]) {
    const body = hello();
    expect((await send(body, signed(body, { ahead }))).status).toBe(200);
  }
});

test("Slack's own question whether this is the right address is answered", async () => {
  const body = JSON.stringify({ type: 'url_verification', challenge: 'c-42', token: 'x' });
  expect(await (await send(body, signed(body))).json()).toEqual({ challenge: 'c-42' });
  expect((await send('ssl_check=1', signed('ssl_check=1'), 'application/x-www-form-urlencoded')).status).toBe(
    200,
  );
});
