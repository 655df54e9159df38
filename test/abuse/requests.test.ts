import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TEAM, TOKENS } from '../slack/fake-slack.ts';
import { signed } from '../slack/person.ts';
import { MANAGER_ID, openTestbed, type Testbed } from '../slack/testbed.ts';
import { hitsIn, newMark } from './canary.ts';
import { tell, volume } from './volume.ts';

const FORGED = volume(500, 10_000);
const HONEST = volume(50, 1_000);
const HUGE = volume(3, 100);
/** In every body, and so in no line of the log. */
const MARK = newMark();
const SIX_MINUTES = 360;

interface Attempt {
  readonly body: string;
  readonly headers: Record<string, string>;
}

let testbed: Testbed;
let forged = 0;
let accepted = 0;
let honest = 0;
let admitted = 0;
let huge = 0;

beforeAll(async () => {
  testbed = await openTestbed();
}, 30_000);
afterAll(async () => {
  await testbed.close();
  tell('requests', { forged, 'of 10 MB': huge, accepted, honest, admitted });
});

const greeting = () =>
  JSON.stringify({
    type: 'event_callback',
    team_id: TEAM,
    event_id: `Ev${randomUUID()}`,
    event: {
      type: 'message',
      channel_type: 'im',
      channel: 'D0HELENE',
      user: MANAGER_ID,
      text: `bonjour ${MARK}`,
    },
  });

async function send({ body, headers }: Attempt): Promise<number> {
  const answer = await fetch(`${testbed.botUrl}/slack/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  await answer.body?.cancel();
  return answer.status;
}

/** A right request, and what somebody makes of it. */
function changed(
  change: (attempt: { body: string; timestamp: string; signature: string }) => Attempt,
): Attempt {
  const body = greeting();
  const { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature } = signed(body);
  return change({ body, timestamp, signature });
}

function withHeaders(change: (timestamp: string, signature: string) => Record<string, string>): Attempt {
  return changed(({ body, timestamp, signature }) => ({
    body,
    headers: {
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signature,
      ...change(timestamp, signature),
    },
  }));
}

function withBody(change: (body: string) => string): Attempt {
  return changed(({ body, timestamp, signature }) => ({
    body: change(body),
    headers: { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature },
  }));
}

const signedWith = (signing: Parameters<typeof signed>[1]): Attempt => {
  const body = greeting();
  return { body, headers: signed(body, signing) };
};

/** Sent twice by the real sender, or once by them and once by somebody who has listened. */
async function replayed(more: Record<string, string> = {}): Promise<Attempt> {
  const attempt = signedWith({});
  honest += 1;
  if ((await send(attempt)) === 200) admitted += 1;
  return { body: attempt.body, headers: { ...attempt.headers, ...more } };
}

/** Each makes another one each time. */
const FORGERIES: readonly (() => Promise<Attempt> | Attempt)[] = [
  () => signedWith({ secret: randomBytes(16).toString('hex') }),
  () => signedWith({ secret: TOKENS.signingSecret.toUpperCase() }),
  () => signedWith({ secret: TOKENS.signingSecret.slice(0, -1) }),
  () => signedWith({ secret: '' }),
  () => signedWith({ secret: TOKENS.bot }),
  () => signedWith({ ahead: -SIX_MINUTES }),
  () => signedWith({ ahead: SIX_MINUTES }),
  () => signedWith({ ahead: -randomInt(SIX_MINUTES, 315_360_000) }),
  () => signedWith({ ahead: randomInt(SIX_MINUTES, 315_360_000) }),
  () => replayed(),
  () => replayed({ 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' }),
  () => replayed({ 'content-type': 'application/json; charset=utf-8' }),
  () => withBody((body) => `${body} `),
  () => withBody((body) => body.slice(0, -1)),
  () => withBody((body) => body.replace(MANAGER_ID, 'U0MALLORY')),
  () => withBody((body) => JSON.stringify(JSON.parse(body), null, 1)),
  () => withBody((body) => body.replace('bonjour', 'bonjo\\u0075r')),
  () => withBody(() => greeting()),
  () => withBody(() => ''),
  () => withHeaders((timestamp) => ({ 'x-slack-request-timestamp': String(Number(timestamp) + 1) })),
  () => withHeaders((timestamp) => ({ 'x-slack-request-timestamp': `0${timestamp}` })),
  () => withHeaders((timestamp) => ({ 'x-slack-request-timestamp': `${timestamp}.0` })),
  () => withHeaders((timestamp) => ({ 'x-slack-request-timestamp': `-${timestamp}` })),
  () => withHeaders(() => ({ 'x-slack-request-timestamp': 'now' })),
  () => withHeaders(() => ({ 'x-slack-request-timestamp': '' })),
  () => withHeaders((_, signature) => ({ 'x-slack-signature': signature.replace('v0=', 'v1=') })),
  () => withHeaders((_, signature) => ({ 'x-slack-signature': signature.replace('v0=', '') })),
  () => withHeaders((_, signature) => ({ 'x-slack-signature': signature.toUpperCase() })),
  () =>
    withHeaders((_, signature) => ({ 'x-slack-signature': signature.slice(0, randomInt(signature.length)) })),
  () => withHeaders((_, signature) => ({ 'x-slack-signature': `${signature}0` })),
  () => withHeaders((_, signature) => ({ 'x-slack-signature': `${signature}, ${signature}` })),
  () => withHeaders(() => ({ 'x-slack-signature': `v0=${randomBytes(32).toString('hex')}` })),
  () => ({ body: greeting(), headers: {} }),
];

test('no forged request is let in', async () => {
  for (; forged < FORGED; forged++) {
    const attempt = await (FORGERIES[forged % FORGERIES.length] as (typeof FORGERIES)[0])();
    const status = await send(attempt);
    if (status === 200) accepted += 1;
    if (status !== 401) throw new Error(`${status} for ${JSON.stringify(attempt)}`);
  }
  expect(forged).toBeGreaterThanOrEqual(FORGERIES.length);
  expect(accepted).toBe(0);
});

test('none of 10 MB is, however well it is signed', async () => {
  for (; huge < HUGE; huge++) {
    const body = greeting().replace(MARK, MARK.repeat(600_000));
    // The connection may be cut before the answer is read.
    const status = await send({ body, headers: signed(body) }).catch(() => 413);
    if (status === 200) accepted += 1;
    expect(status).toBe(413);
  }
});

test('every honest one is, with a clock that is off by less than five minutes', async () => {
  const until = honest + HONEST;
  for (; honest < until; honest++) {
    if ((await send(signedWith({ ahead: randomInt(-280, 280) }))) === 200) admitted += 1;
  }
  expect(admitted).toBe(honest);
  // Slack is answered first: the greetings come after.
  await testbed.app.settled();
  expect(testbed.slack.in(testbed.manager.direct)).toHaveLength(honest);
});

test('nothing of what was sent is logged', () => {
  expect(testbed.logged.join('')).toContain('slack.refused');
  expect(hitsIn(testbed.logged.join(''), MARK)).toEqual([]);
});
