import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LANGUAGES } from '../../src/cards/languages.ts';
import { TENANT } from '../journeys/teams.ts';
import { TestApp } from '../journeys/test-app.ts';

// What Teams answers to the bot at each kind of answer, and what a person reads every time. Each person here is
// somebody of their own, with an account, whom the bot has met in private.

type Refusal = (response: ServerResponse) => void;
/** Which calls are refused: POST for new messages, PUT for updates. */
type Call = `${'POST' | 'PUT'} ${string}`;

interface Somebody {
  readonly name: string;
  readonly account: string;
  readonly own: string;
  readonly team: string;
}

const { fr } = LANGUAGES;
const ADMIN = { name: 'admin', own: 'a:admin' };

let app: TestApp;
let connector: Server;
let serviceUrl: string;
/** What is in each conversation: its messages, as JSON. */
const conversations = new Map<string, string[]>();
/** The last message in each conversation. */
const lastIds = new Map<string, string>();
const refused = new Map<Call, { readonly how: Refusal; left: number }>();
let ids = 0;

beforeAll(async () => {
  app = await TestApp.open(undefined, undefined, { administrators: [`teams:${TENANT}:${ADMIN.name}`] });
  connector = createServer(async (request, response) => {
    const sent = await text(request);
    const method = request.method as 'POST' | 'PUT';
    const conversation = decodeURIComponent((request.url ?? '').split('/')[3] ?? '');
    const refusal = refused.get(`${method} ${conversation}`);
    if (refusal !== undefined && refusal.left > 0) {
      refusal.left -= 1;
      return refusal.how(response);
    }
    const messages = conversations.get(conversation) ?? [];
    conversations.set(conversation, [...messages, sent]);
    lastIds.set(conversation, `m${++ids}`);
    response.writeHead(201, { 'content-type': 'application/json' }).end(`{"id":"m${ids}"}`);
  });
  await new Promise<void>((ready) => connector.listen(0, '127.0.0.1', ready));
  serviceUrl = `http://127.0.0.1:${(connector.address() as AddressInfo).port}/`;
  await say(ADMIN.name, ADMIN.own, 'bonjour');
}, 60_000);
afterAll(async () => {
  await app.close();
  connector.closeAllConnections();
  connector.close();
});

const readIn = (conversation: string) => (conversations.get(conversation) ?? []).join('\n');

async function deliver(who: string, conversation: string, own: object) {
  const isOwn = conversation.startsWith('a:');
  const answer = await fetch(`${app.url}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: `said-${++ids}`,
      channelId: 'msteams',
      serviceUrl,
      from: { id: `29:${who}`, name: who, aadObjectId: who },
      recipient: { id: '28:bot' },
      conversation: {
        id: conversation,
        conversationType: isOwn ? 'personal' : 'groupChat',
        tenantId: TENANT,
        ...(isOwn ? {} : { isGroup: true }),
      },
      channelData: { tenant: { id: TENANT } },
      ...own,
    }),
  });
  return { status: answer.status, read: await answer.text() };
}

const say = (who: string, conversation: string, words: string) =>
  deliver(who, conversation, { type: 'message', text: words });

interface OnCard {
  readonly data: object;
  /** The last one that was posted anywhere, where it does not matter. */
  readonly message?: string;
}

const click = (who: string, conversation: string, verb: string, { data, message }: OnCard) =>
  deliver(who, conversation, {
    type: 'invoke',
    name: 'adaptiveCard/action',
    replyToId: message ?? `m${ids}`,
    value: { action: { type: 'Action.Execute', verb, data } },
  });

/** Somebody with an account, who has written to the bot; nothing of that is left to read. */
async function somebody(): Promise<Somebody> {
  const name = `person${++ids}`;
  const account = await app.account(`teams:${TENANT}:${name}`);
  const person = { name, account: account.id, own: `a:${name}`, team: `19:${name}@thread.v2` };
  await say(name, person.own, 'bonjour');
  await app.settled();
  conversations.delete(person.own);
  return person;
}

function refuse(call: Call, how: Refusal, times = Number.POSITIVE_INFINITY): void {
  refused.set(call, { how, left: times });
}

const answers =
  (status: number, code = 'x'): Refusal =>
  (response) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: { code, message: 'x' } }));

const TRANSIENT: Readonly<Record<string, Refusal>> = {
  ...Object.fromEntries(
    [401, 408, 412, 429, 500, 502, 503, 504].map((status) => [`${status}`, answers(status)]),
  ),
  'a lost connection': (response) => response.destroy(),
};

/** Nothing can be posted in that conversation. */
const PERMANENT: Readonly<Record<string, readonly [status: number, code: string]>> = {
  'blocked by the person': [403, 'ConversationBlockedByUser'],
  'not in the conversation': [403, 'BotNotInConversationRoster'],
  'not allowed': [403, 'ForbiddenOperationException'],
  'message writes blocked': [403, 'MessageWritesBlocked'],
  'not there': [404, 'ConversationNotFound'],
};

/** By which people get an answer, and where they read it. */
const KINDS: Readonly<
  Record<string, { act(person: Somebody): Promise<unknown>; call(person: Somebody): Call; words: string }>
> = {
  'a message in private': {
    act: ({ name, own }) => say(name, own, 'aide'),
    call: ({ own }) => `POST ${own}`,
    words: fr.conversation.commandsTitle,
  },
  'a message in a group': {
    act: ({ name, team }) => say(name, team, 'aide'),
    call: ({ team }) => `POST ${team}`,
    words: fr.conversation.commandsTitle,
  },
  'an answer in private to what was said in a group': {
    act: ({ name, team }) => say(name, team, 'comptes'),
    call: ({ own }) => `POST ${own}`,
    words: fr.conversation.accountsTitle,
  },
};

test.each(Object.entries(KINDS))(
  '%s that Teams refuses for the moment is delivered in the end',
  async (_kind, { act, call, words }) => {
    const all = await Promise.all(
      Object.entries(TRANSIENT).map(async ([what, how]) => {
        const person = await somebody();
        refuse(call(person), how, 1);
        await act(person);
        await app.settled();
        const [, conversation = ''] = call(person).split(' ');
        return [what, readIn(conversation).includes(words)];
      }),
    );
    expect(all).toEqual(Object.keys(TRANSIENT).map((what) => [what, true]));
  },
);

test.each(Object.entries(PERMANENT))(
  'a message in a group where nothing can be posted (%s) is answered in the person’s own conversation',
  async (_what, [status, code]) => {
    const person = await somebody();
    refuse(`POST ${person.team}`, answers(status, code));
    await say(person.name, person.team, 'aide');
    expect(readIn(person.own)).toContain(fr.conversation.commandsTitle);
    expect(app.logged).toContain(code);
  },
);

describe.each(Object.entries(PERMANENT))(
  'where nothing can be posted in private (%s)',
  (_what, [status, code]) => {
    const isTold = ({ name }: Somebody) =>
      readIn(ADMIN.own).includes(fr.notices.unreachable(name, 'Teams', code));

    test('what is said in a group is answered there, and the administrators are told whom and why', async () => {
      for (const words of ['comptes', 'configuration', 'réinitialiser']) {
        const person = await somebody();
        refuse(`POST ${person.own}`, answers(status, code));
        await say(person.name, person.team, words);
        expect([words, readIn(person.team).includes(fr.conversation.writeToMe)]).toEqual([words, true]);
        expect([words, isTold(person)]).toEqual([words, true]);
      }
    });

    test('what is clicked in a group is answered there', async () => {
      const person = await somebody();
      refuse(`POST ${person.own}`, answers(status, code));
      const { read } = await click(person.name, person.team, 'begin', { data: { account: person.account } });
      expect(read).toContain(fr.conversation.writeToMe);
      expect(isTold(person)).toBe(true);
    });

    test('what is said there is not lost without a word: the administrators are told whom and why', async () => {
      const person = await somebody();
      refuse(`POST ${person.own}`, answers(status, code));
      expect((await say(person.name, person.own, 'aide')).status).toBe(200);
      expect(isTold(person)).toBe(true);
    });
  },
);

test('a stranger whose conversation is gone is nobody of whom administrators are told', async () => {
  const own = 'a:stranger';
  refuse(`POST ${own}`, answers(403, 'ConversationBlockedByUser'));
  await say('stranger', own, 'aide');
  expect(readIn(ADMIN.own).includes('stranger')).toBe(false);
});

describe('the card of a reset', () => {
  /** Begun, with its first step done while Teams refuses to update the card like this. */
  async function clicked(how: Refusal, times: number): Promise<Somebody> {
    const person = await somebody();
    await say(person.name, person.own, 'réinitialiser');
    const [card = ''] = conversations.get(person.own) ?? [];
    const message = lastIds.get(person.own) ?? '';
    const { actions } = JSON.parse(card).attachments[0].content;
    const done = actions.find(({ verb }: { verb?: string }) => verb === 'done');
    refuse(`PUT ${person.own}`, how, times);
    await click(person.name, person.own, 'done', { data: done.data, message });
    await app.settled();
    return person;
  }

  test('that is no longer there is posted anew', async () => {
    const person = await clicked(answers(404, 'ActivityNotFoundInConversation'), 1);
    expect(conversations.get(person.own)?.at(-1)).toContain(fr.walk.openApplication.title);
  });

  test('that Teams does not update for the moment, for whatever reason, is updated in the end', async () => {
    const all = await Promise.all(
      Object.entries(TRANSIENT).map(async ([what, how]) => {
        const person = await clicked(how, 1);
        return [what, conversations.get(person.own)?.at(-1)?.includes(fr.walk.openApplication.title)];
      }),
    );
    expect(all).toEqual(Object.keys(TRANSIENT).map((what) => [what, true]));
  });
});
