import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { App } from '@slack/bolt';
import { WebSocket } from 'ws';
import type { ReportHealth } from '../../src/bot/outgoing/platform-health.ts';
import { SILENT } from '../../src/bot/slack/calls.ts';
import { SlackSocket, type SocketPace } from '../../src/bot/slack/socket.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import { type FakeSlack, startSlack, TOKENS } from './fake-slack.ts';
import { announce, type Connecting, hello, mute } from './fake-slack-socket.ts';
import { until } from './testbed.ts';

const FAST: SocketPace = {
  helloWithinMs: 1_500,
  closeWithinMs: 200,
  connectedAfterMs: 300,
  stableAfterMs: 600,
  firstPauseMs: 40,
  longestPauseMs: 60_000,
};

let slack: FakeSlack;
let logged: string[];
let heard: string[];
let unhandled: unknown[];
/** As the socket last said. */
let isConnected: boolean;
let socket: SlackSocket | undefined;
const note = (error: unknown) => void unhandled.push(error);

beforeEach(async () => {
  slack = await startSlack();
  [logged, heard, unhandled, socket, isConnected] = [[], [], [], undefined, false];
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await socket?.stop();
  await slack.close();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

/** Bolt behind the socket, which writes down what it hears. */
async function connect(pace: SocketPace = FAST): Promise<SlackSocket> {
  const log = createLog('info', { write: (line: string) => void logged.push(line) });
  const reportHealth: ReportHealth = (_part, reason) => {
    isConnected = reason === undefined;
  };
  socket = new SlackSocket({
    appToken: new Secret(TOKENS.app),
    apiUrl: slack.apiUrl,
    reportHealth,
    log,
    pace,
  });
  const app = new App({ receiver: socket, authorize: async () => ({}), logger: SILENT, convoStore: false });
  app.command(/^/, async ({ body, ack }) => {
    heard.push(body.text);
    await ack();
  });
  await socket.start();
  return socket;
}

/** Delivers a command, and resolves when it was acknowledged: on the first connection that takes it. */
async function say(text: string): Promise<void> {
  await until(async () => {
    if (!slack.isConnected) return false;
    return slack.socket.deliver('slash_commands', { command: '/chorus', text }).then(
      () => true,
      () => false,
    );
  });
  expect(heard).toContain(text);
}

const events = () => logged.map((line) => JSON.parse(line).event);
const gaps = () => slack.socket.asked.slice(1).map((at, i) => at - (slack.socket.asked[i] ?? 0));

/** What Slack, a proxy or the network may do at each moment of the handshake, and just after it. */
const TROUBLES: Readonly<Record<string, Connecting>> = {
  'closed before the web socket is accepted': ({ socket: raw }) => raw.destroy(),
  'refused by a proxy': ({ socket: raw }) =>
    raw.end('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n'),
  'answered with what is no web socket': ({ socket: raw }) => raw.end('SSH-2.0-OpenSSH_9.9\r\n'),
  'closed before hello': async ({ accept }) => (await accept()).close(),
  'closed before hello, with a code': async ({ accept }) => (await accept()).close(1011, 'internal error'),
  'cut before hello': async ({ accept }) => (await accept()).terminate(),
  'closed in the place of hello, with an announcement': async ({ accept }) => {
    const connection = await accept();
    announce(connection, 'link_disabled');
    connection.close();
  },
  'silent before the web socket is accepted': () => undefined,
  'silent before hello': async ({ accept }) => mute(await accept()),
  'silent before hello, but alive': async ({ accept }) => void (await accept()),
  'closed just after hello': async ({ accept }) => {
    const connection = await accept();
    hello(connection);
    connection.close();
  },
  'cut just after hello': async ({ accept }) => {
    const connection = await accept();
    hello(connection);
    connection.terminate();
  },
  ...Object.fromEntries(
    ['warning', 'refresh_requested', 'link_disabled', 'too_many_websockets', 'unknown_reason'].map(
      (reason) => [
        `announced as ${reason} just after hello`,
        (async ({ accept }) => {
          const connection = await accept();
          hello(connection);
          announce(connection, reason);
        }) satisfies Connecting,
      ],
    ),
  ),
};

/** What no client of Slack can read, or would take for something of its own. */
const JUNK = [
  'no JSON',
  'null',
  '42',
  '[]',
  '{}',
  '{"type":null}',
  '{"type":"hello"}',
  '{"type":"events_api","envelope_id":"e"}',
  '{"type":"events_api","envelope_id":"e","payload":{"type":"app_rate_limited"}}',
  '{"type":"events_api","envelope_id":"e","payload":{"event":{"type":"message"}}}',
  '{"type":"interactive","envelope_id":"e","payload":{"type":"who knows"}}',
  '{"type":"slash_commands","envelope_id":"e"}',
  '{"type":"error"}',
  '{"type":"close"}',
  '{"type":"disconnected"}',
  '{"type":"ws_message"}',
  `{"type":"disconnect_${'x'.repeat(100_000)}"}`,
];

const announcement = JSON.stringify({ type: 'disconnect', reason: 'warning' });
const LONG_MESSAGE = JSON.stringify({ type: 'x', payload: 'x'.repeat(8_000_000) });

/** Sends all of this again and again until the connection has ended, as fast as the bot reads it. */
function flood(connection: WebSocket, messages: readonly string[]): void {
  const next = () => {
    if (connection.readyState === WebSocket.CLOSED) return;
    if (connection.readyState === WebSocket.OPEN && connection.bufferedAmount < 1_000_000)
      for (const message of messages) connection.send(message);
    setImmediate(next);
  };
  next();
}

/** The same before there is a web socket. */
function floodRaw(raw: Socket, text: string): void {
  const next = () => {
    if (raw.destroyed) return;
    if (raw.writableLength < 1_000_000) raw.write(text);
    setImmediate(next);
  };
  next();
}

const flooded =
  (messages: readonly string[], isGreeted: boolean): Connecting =>
  async ({ accept }) => {
    const connection = await accept();
    if (isGreeted) hello(connection);
    flood(connection, messages);
  };

/** Slack, or what stands in its place, sends without end: until the bot has had enough of it. */
const FLOODS: Readonly<Record<string, Connecting>> = {
  'with bytes before the web socket is accepted': ({ socket: raw }) => floodRaw(raw, 'x'.repeat(10_000)),
  'with headers before the web socket is accepted': ({ socket: raw }) => {
    raw.write('HTTP/1.1 101 Switching Protocols\r\n');
    floodRaw(raw, `x: ${'x'.repeat(1_000)}\r\n`);
  },
  'with answers before the web socket is accepted': ({ socket: raw }) =>
    floodRaw(raw, 'HTTP/1.1 100 Continue\r\n\r\n'),
  'with what nobody can read before hello': flooded(
    JUNK.filter((message) => !message.includes('hello')),
    false,
  ),
  'with long messages before hello': flooded([LONG_MESSAGE], false),
  'with announcements before hello': flooded([announcement], false),
  'with announcements just after hello': flooded([announcement], true),
};

const ALL_TROUBLES = [
  ...Object.entries(TROUBLES),
  ...Object.entries(FLOODS).map(([how, connecting]) => [`flooded ${how}`, connecting] as const),
];

describe('a connection that is', () => {
  test.each(ALL_TROUBLES)(
    '%s is made again, and what is said then is heard',
    async (_what, trouble) => {
      slack.socket.next.push(trouble, trouble);
      await connect();
      await say('toujours là ?');
      await until(() => isConnected);
      await until(() => slack.socket.open === 1);
      expect(events()).toContain('slack.connected');
    },
    60_000,
  );

  test.each(ALL_TROUBLES)(
    '%s is left alone when the bot stops, and not made again',
    async (_what, trouble) => {
      slack.socket.next.push(...Array.from({ length: 20 }, () => trouble));
      const connected = await connect();
      await until(() => slack.socket.asked.length > 0);
      await connected.stop();
      const { length } = slack.socket.asked;
      await sleep(4 * FAST.firstPauseMs);
      expect(slack.socket.asked).toHaveLength(length);
    },
    60_000,
  );

  test('silent after hello is given up, since no ping is answered', async () => {
    slack.socket.next.push(async ({ accept }) => {
      const connection = await accept();
      hello(connection);
      mute(connection);
    });
    await connect();
    await until(() => isConnected);
    await until(() => !isConnected);
    await say('toujours là ?');
  }, 60_000);
});

describe('attempts', () => {
  test('are made ever more rarely while Slack closes at once, and none of them counts as connected', async () => {
    const closing: Connecting = async ({ accept }) => {
      const connection = await accept();
      hello(connection);
      setTimeout(() => announce(connection, 'too_many_websockets'), 30);
    };
    slack.socket.next.push(...Array.from({ length: 7 }, () => closing));
    await connect();
    await until(() => slack.socket.asked.length === 7);
    for (const [i, gap] of gaps().entries())
      expect(gap).toBeGreaterThanOrEqual((FAST.firstPauseMs * 2 ** i) / 2);
    expect(isConnected).toBe(false);
    expect(events()).not.toContain('slack.connected');
    expect(logged.join()).toContain('too_many_websockets');
  }, 60_000);

  test('are made at once again after a connection that has lasted', async () => {
    slack.socket.next.push(
      ...Array.from(
        { length: 6 },
        (): Connecting =>
          ({ socket: raw }) =>
            raw.destroy(),
      ),
    );
    await connect();
    await until(() => isConnected);
    await sleep(FAST.stableAfterMs);
    const cutAt = performance.now();
    slack.socket.cut();
    await until(() => slack.socket.asked.length === 8);
    // The pause would have been twice the last one.
    expect((slack.socket.asked[7] ?? 0) - cutAt).toBeLessThan((FAST.firstPauseMs * 2 ** 6) / 2);
  }, 60_000);

  test('wait for as long as Slack asks, in full', async () => {
    slack.limit('apps.connections.open', 2);
    await connect();
    await say('enfin');
    const [first, second, ...others] = slack.calls.filter(({ method }) => method === 'apps.connections.open');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_990);
    expect(others).toEqual([]);
  }, 60_000);

  test.each(['invalid_auth', 'internal_error'])(
    'go on where Slack answers %s, and the log says it',
    async (error) => {
      slack.answer('apps.connections.open', { ok: false, error }, 2);
      await connect();
      await say('enfin');
      expect(logged.filter((line) => line.includes(error))).toHaveLength(2);
    },
  );
});

test.each([
  [
    'notUnderstood',
    'interactive',
    { type: 'block_actions', actions: [], team: { id: 'T' }, user: { id: 'U' } },
  ],
  ['unreadable', 'events_api', { event: {} }],
])(
  'what is never acknowledged, as it is %s, is told once, under the name that Slack gave it',
  async (reason, type, payload) => {
    await connect();
    await until(() => slack.isConnected);
    const refused = () =>
      logged.map((line) => JSON.parse(line)).filter(({ event }) => event === 'slack.refused');
    const lost = slack.socket.deliver(type, payload);
    lost.catch(() => undefined);
    await until(() => refused().length > 0);
    const [{ envelope }] = refused();
    slack.socket.giveUp(envelope);
    await expect(lost).rejects.toThrow('not acknowledged');
    await say('still here');
    expect(refused()).toEqual([expect.objectContaining({ reason, envelope })]);
  },
);

test('whatever floods in is survived, and what is said after it is heard', async () => {
  slack.socket.next.push(async ({ accept }) => {
    const connection = await accept();
    hello(connection);
    for (let i = 0; i < 200; i++) for (const message of JUNK) connection.send(message);
    connection.send(Buffer.from([0, 1, 2]));
  });
  await connect();
  await say('toujours là ?');
  expect(slack.socket.asked).toHaveLength(1);
}, 60_000);
