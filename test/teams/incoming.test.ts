import { beforeEach, describe, expect, test } from '@jest/globals';
import { MessageGone, PlaceGone, TryLater } from '../../src/bot/channel.ts';
import { activityShape } from '../../src/bot/teams/activities.ts';
import { Incoming } from '../../src/bot/teams/incoming.ts';
import { ServiceAddresses } from '../../src/bot/teams/service-address.ts';
import type { Card } from '../../src/cards/card.ts';
import { createLog } from '../../src/log.ts';
import { CARD, FORM, Recording } from '../channels/recording.ts';
import { until } from '../until.ts';

const TENANT = 't-1';
const SERVICE = 'https://smba.trafficmanager.net/emea/';
const SENT = {
  type: 'message',
  id: 'm1',
  text: 'aide',
  channelId: 'msteams',
  serviceUrl: SERVICE,
  from: { id: '29:x', name: 'Claire', aadObjectId: 'claire' },
  recipient: { id: '28:bot' },
  conversation: { id: 'a:1', conversationType: 'personal', tenantId: TENANT },
};

let conversation: Recording;
let incoming: Incoming;
let lines: Record<string, unknown>[];
let served: string[][];
let shown: { conversation: string | undefined; cards: readonly Card[] }[];
/** What a delivery is rejected with. */
let refusal: unknown;

beforeEach(() => {
  conversation = new Recording();
  lines = [];
  served = [];
  shown = [];
  refusal = undefined;
  incoming = new Incoming({
    conversation,
    addresses: new ServiceAddresses([]),
    allowedTenants: new Set([TENANT]),
    channelId: 'msteams',
    served: (...what) => served.push(what),
    deliver: async ({ address }, cards) => {
      if (refusal !== undefined) throw refusal;
      shown.push({ conversation: address.conversation, cards });
    },
    log: createLog('trace', { write: (line) => lines.push(JSON.parse(line)) }),
  });
});

const answer = (change: object = {}) => incoming.answer(activityShape.parse({ ...SENT, ...change }));
const invoke = (name: string | undefined, value: unknown, change: object = {}) =>
  answer({ type: 'invoke', name, value, ...change });

describe('a message', () => {
  test('is told with who, where and under which name, and answered there', async () => {
    expect(await answer()).toEqual({ status: 200 });
    expect(conversation.heard.said).toEqual([
      {
        person: { id: 'teams:t-1:claire', name: 'Claire', language: 'fr' },
        place: {
          platform: 'teams',
          private: true,
          address: { serviceUrl: SERVICE, conversation: 'a:1', bot: '28:bot' },
        },
        correlation: expect.stringMatching(/^[\da-f-]{36}$/),
        others: [],
        text: 'aide',
        delivery: 'a:1 m1',
      },
    ]);
    expect(shown).toEqual([{ conversation: 'a:1', cards: [CARD] }]);
    expect(served).toEqual([[TENANT, SERVICE]]);
  });

  test('has a name of its own, also where Teams gives it none', async () => {
    await answer({ id: undefined });
    await answer({ id: undefined });
    const names = conversation.heard.said.map(({ delivery }) => delivery);
    expect(new Set(names).size).toBe(2);
    expect(names).toEqual([expect.stringMatching(/^a:1 .{36}$/), expect.stringMatching(/^a:1 .{36}$/)]);
  });

  test.each([
    ['later', new TryLater(1_000), 503],
    ['not at all', new PlaceGone('ConversationBlockedByUser'), 200],
  ])(
    'whose answer Teams takes %s is answered so that Teams knows, and the log says whose',
    async (_when, error, status) => {
      refusal = error;
      expect(await answer()).toEqual({ status });
      expect(lines).toEqual([
        expect.objectContaining({
          level: 'warn',
          event: 'teams.notDelivered',
          platform: 'teams',
          person: 'teams:t-1:claire',
          correlation: conversation.heard.said[0]?.correlation,
          error: error.name,
        }),
      ]);
      expect(lines[0]?.reason).toBe(error instanceof PlaceGone ? 'ConversationBlockedByUser' : undefined);
    },
  );

  test.each([{ statusCode: 413 }, new MessageGone('x'), undefined, 'x'])(
    'that cannot be answered otherwise (%p) is a failure of ours, without the status of Teams',
    async (error) => {
      conversation.answers = { said: async () => Promise.reject(error) };
      const failure = await answer().catch((thrown: unknown) => thrown);
      expect(failure).toEqual(new Error('Not answered'));
      expect((failure as Error).cause).toBe(error);
      expect(failure).not.toHaveProperty('statusCode');
    },
  );
});

describe('that the bot was added', () => {
  test('is told under the name of the conversation', async () => {
    await answer({ type: 'installationUpdate', action: 'add', id: 'm1' });
    await answer({ type: 'conversationUpdate', membersAdded: [{ id: '28:bot' }], id: 'm2' });
    expect(conversation.heard.welcomed).toMatchObject([
      { text: '', delivery: 'welcome a:1' },
      { text: '', delivery: 'welcome a:1' },
    ]);
    expect(shown).toHaveLength(1);
  });

  test.each([
    { type: 'installationUpdate', action: 'add-upgrade' },
    { type: 'conversationUpdate' },
    { type: 'messageReaction' },
    { type: 'typing' },
  ])('is not said by %j', async (change) => {
    expect(await answer(change)).toEqual({ status: 200 });
    expect(conversation.count).toBe(0);
  });
});

describe('an invoke', () => {
  const clicked = (change: object = {}) =>
    invoke('adaptiveCard/action', { action: { verb: 'done', data: { account: 'a', strange: 1 } } }, change);

  test('of a button is told with its card, and answered', async () => {
    expect(await clicked({ replyToId: 'card' })).toMatchObject({
      status: 200,
      body: { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive' },
    });
    const [click] = conversation.heard.clicked;
    expect(click).toMatchObject({ verb: 'done', clicked: { place: click?.place, message: 'card' } });
    expect(click?.data).toEqual({ account: 'a' });
  });

  test('of a button names no card where Teams names none, and may have no data', async () => {
    await clicked();
    await invoke('adaptiveCard/action', { action: { verb: 'help' } });
    for (const click of conversation.heard.clicked) expect(click).not.toHaveProperty('clicked');
    expect(conversation.heard.clicked[1]?.data).toEqual({});
  });

  test('that asks for a form is answered with it', async () => {
    const value = { data: { form: 'password', account: 'a', msteams: { type: 'task/fetch' } } };
    expect(await invoke('task/fetch', value, { replyToId: 'card' })).toMatchObject({
      body: { task: { type: 'continue', value: { title: FORM.title } } },
    });
    const [opened] = conversation.heard.opened;
    expect(opened).toMatchObject({ form: 'password', clicked: { message: 'card' } });
    expect(opened?.data).toEqual({ account: 'a' });
  });

  test('of a form is told with what was typed, the password apart', async () => {
    const value = {
      data: { form: 'password', account: 'a', password: ' secret ', expiry: '19/04/2027', x: '' },
    };
    expect(await invoke('task/submit', value)).toEqual({
      status: 200,
      body: { task: { type: 'message', value: "C'est gardé." } },
    });
    const [submitted] = conversation.heard.submitted;
    expect(submitted).toMatchObject({ form: 'password', lines: { expiry: '19/04/2027' } });
    expect(submitted?.data).toEqual({ account: 'a' });
    expect(conversation.passwords).toEqual([' secret ']);
  });

  test.each([[5], [{ a: 1 }], [null], [undefined]])(
    'of a form in which %j was typed is empty',
    async (typed) => {
      await invoke('task/submit', { data: { form: 'password', password: typed, expiry: typed } });
      expect(conversation.passwords).toEqual(['']);
      expect(conversation.heard.submitted[0]?.lines).toEqual({ expiry: '', keepAs: '' });
    },
  );

  test('of a form whose last word fails is answered, and the failure logged', async () => {
    const later = Promise.reject(new Error('x'));
    conversation.answers.submitted = async () => ({ kind: 'notice', title: '', text: 'Test…', later });
    expect(await invoke('task/submit', { data: { form: 'password' } })).toMatchObject({ status: 200 });
    await until(() => lines.length > 0);
    expect(lines).toEqual([
      expect.objectContaining({ event: 'teams.failed', platform: 'teams', error: 'Error' }),
    ]);
  });
});
