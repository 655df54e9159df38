import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTeams } from '../../../demo/teams/connector.ts';
import { people, tenantId } from '../../../demo/teams/people.ts';

// biome-ignore lint/suspicious/noExplicitAny: JSON from the wire, read member by member
type Json = any;

const adaptive = 'application/vnd.microsoft.card.adaptive';
const card = (text: string): Json => ({
  type: 'AdaptiveCard',
  version: '1.5',
  body: [{ type: 'TextBlock', text }],
});
const attached = (content: Json): Json => ({
  type: 'message',
  attachments: [{ contentType: adaptive, content }],
});
const form = (): Json => ({
  ...card('Saisie'),
  body: [{ type: 'Input.Text', id: 'new', style: 'Password', label: 'Nouveau mot de passe' }],
});
const dialog = (content: Json): Json => ({
  task: { type: 'continue', value: { title: 'Saisie', card: { contentType: adaptive, content } } },
});

/** A bot that writes down what it gets and answers what the test says. */
let heard: Json[];
let answers: (activity: Json) => { status?: number; body?: Json };
let bot: Server;
let teams: { url: string; close(): Promise<void> };

/** What the bot has heard since the app was installed. */
const heardSince = (): Json[] =>
  heard.filter(({ type }) => type !== 'conversationUpdate' && type !== 'installationUpdate');

beforeEach(async () => {
  heard = [];
  answers = () => ({});
  bot = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const activity = JSON.parse(Buffer.concat(chunks).toString());
    heard.push(activity);
    answer(response, answers(activity));
  });
  await new Promise<void>((resolve) => bot.listen(0, '127.0.0.1', resolve));
  const botUrl = `http://127.0.0.1:${(bot.address() as AddressInfo).port}/api/messages`;
  teams = await startTeams({
    botUrl,
    people,
    links: { portal: 'http://p.test', mailbox: 'http://m.test', application: 'http://a.test' },
  });
});

afterEach(async () => {
  await teams.close();
  bot.closeAllConnections();
  await new Promise((resolve) => bot.close(resolve));
});

function answer(response: ServerResponse, { status = 200, body }: { status?: number; body?: Json }): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function call(
  method: string,
  path: string,
  body?: Json,
): Promise<{ status: number; body: Json; text: string }> {
  const response = await fetch(`${teams.url}${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: text && JSON.parse(text) };
}

const post = (path: string, body: Json) => call('POST', path, body);

/** What one person sees now: the first event of the stream. */
async function seenBy(person: string): Promise<Json> {
  const response = await fetch(`${teams.url}/api/events?person=${person}`);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  while (!text.includes('\n\n')) text += Buffer.from((await reader.read()).value ?? []).toString();
  await reader.cancel();
  return JSON.parse(text.slice(text.indexOf('data: ') + 6, text.indexOf('\n\n')));
}

async function conversation(person: string, type: string): Promise<string> {
  const { conversations } = await seenBy(person);
  return conversations.find((each: Json) => each.type === type).id;
}

const activities = (id: string, activity?: string): string =>
  `/v3/conversations/${encodeURIComponent(id)}/activities${activity ? `/${activity}` : ''}`;

/** A card of the bot in a conversation that is, unless told otherwise, Claire's own. */
async function postedCard(content: Json, id?: string): Promise<{ conversation: string; message: string }> {
  const where = id ?? (await conversation('claire', 'personal'));
  const { body } = await post(activities(where), attached(content));
  return { conversation: where, message: body.id };
}

const press = (person: string, message: string, action: Json) =>
  post('/api/press', { person, message, card: 0, action, trigger: 'manual', theme: 'default' });
const execute = { type: 'Action.Execute', verb: 'done', data: { step: 1, note: 'typed' } };
const fetchDialog = { type: 'Action.Submit', data: { form: 'new', msteams: { type: 'task/fetch' } } };

describe('what people say', () => {
  test('a message reaches the bot as Teams sends it', async () => {
    const id = await conversation('claire', 'personal');
    await post('/api/locale', { person: 'claire', locale: 'en-US' });
    await post('/api/say', { person: 'claire', conversation: id, text: 'bonjour', mention: false });
    const [message, ...others] = heardSince();
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      type: 'message',
      text: 'bonjour',
      textFormat: 'plain',
      channelId: 'msteams',
      locale: 'en-US',
      serviceUrl: `${teams.url}/`,
      from: {
        id: expect.stringMatching(/^29:1/),
        name: 'Claire Martin',
        aadObjectId: people[0]?.aadObjectId,
      },
      recipient: { id: expect.stringMatching(/^28:/) },
      conversation: { id, conversationType: 'personal', tenantId },
      channelData: { tenant: { id: tenantId } },
    });
    expect(message.conversation).not.toHaveProperty('isGroup');
    expect(Date.parse(message.timestamp)).toBe(Date.parse(message.localTimestamp));
  });

  test('in a channel the bot is mentioned, and its reply stays in the thread', async () => {
    const id = await conversation('hugo', 'channel');
    await post('/api/say', { person: 'hugo', conversation: id, text: 'aide', mention: true });
    const [{ id: root, ...message }] = heardSince();
    expect(message).toMatchObject({
      text: '<at>Chorus Pro</at> aide',
      conversation: { id: `${id};messageid=${root}`, conversationType: 'channel', isGroup: true },
      channelData: { tenant: { id: tenantId }, team: { name: 'Finances' }, channel: { id } },
    });
    expect(message.entities).toContainEqual({
      type: 'mention',
      mentioned: message.recipient,
      text: '<at>Chorus Pro</at>',
    });
    await post(activities(message.conversation.id, root), attached(card('réponse')));
    const { messages } = await seenBy('ines');
    expect(messages.at(-1)).toMatchObject({ thread: root, cards: [card('réponse')] });
  });

  test('in a channel the bot does not hear what does not mention it', async () => {
    const id = await conversation('hugo', 'channel');
    await post('/api/say', { person: 'hugo', conversation: id, text: 'entre nous', mention: false });
    expect(heard).toEqual([]);
    expect((await seenBy('claire')).messages).toMatchObject([{ text: 'entre nous', mine: false }]);
  });

  test('a personal chat is seen by nobody else', async () => {
    const id = await conversation('claire', 'personal');
    await post('/api/say', { person: 'claire', conversation: id, text: 'bonjour', mention: false });
    expect((await seenBy('hugo')).messages).toEqual([]);
    const intruder = { person: 'hugo', conversation: id, text: 'bonjour', mention: false };
    expect((await post('/api/say', intruder)).status).toBe(404);
  });

  test('a deleted message is gone from the chat and from the log, and the bot is told', async () => {
    const id = await conversation('claire', 'personal');
    await post('/api/say', { person: 'claire', conversation: id, text: 'canari', mention: false });
    await post('/api/delete', { person: 'claire', message: heardSince()[0].id });
    expect(heardSince()[1]).toMatchObject({ type: 'messageDelete', id: heardSince()[0].id });
    const seen = await seenBy('claire');
    expect(seen.messages).toEqual([]);
    expect(JSON.stringify(seen)).not.toContain('canari');
  });

  test('a bot that fails is told of under the message', async () => {
    answers = () => ({ status: 500 });
    const id = await conversation('claire', 'personal');
    await post('/api/say', { person: 'claire', conversation: id, text: 'bonjour', mention: false });
    expect((await seenBy('claire')).messages).toMatchObject([{ note: { kind: 'failure' } }]);
  });
});

describe('the app is installed', () => {
  test('once, when somebody first opens the conversation', async () => {
    const id = await conversation('claire', 'channel');
    await post('/api/open', { person: 'claire', conversation: id });
    await post('/api/open', { person: 'hugo', conversation: id });
    expect(heard).toMatchObject([
      {
        type: 'conversationUpdate',
        membersAdded: [{ name: 'Chorus Pro' }],
        channelData: { eventType: 'teamMemberAdded' },
      },
      { type: 'installationUpdate', action: 'add', conversation: { id } },
    ]);
  });

  test('before it hears anything from there, though somebody writes while it is being installed', async () => {
    const id = await conversation('claire', 'channel');
    await Promise.all([
      post('/api/say', { person: 'hugo', conversation: id, text: 'aide', mention: true }),
      post('/api/open', { person: 'claire', conversation: id }),
    ]);
    expect(heard.map(({ type }) => type)).toEqual(['conversationUpdate', 'installationUpdate', 'message']);
  });

  test('again, where the bot was not up', async () => {
    const id = await conversation('claire', 'personal');
    answers = () => ({ status: 503 });
    await post('/api/open', { person: 'claire', conversation: id });
    answers = () => ({});
    await post('/api/open', { person: 'claire', conversation: id });
    expect(heard).toHaveLength(4);
  });
});

describe('the REST that the bot calls', () => {
  test('a card that is updated changes for everybody', async () => {
    const { conversation: id, message } = await postedCard(
      card('avant'),
      await conversation('claire', 'channel'),
    );
    const updated = await call('PUT', activities(id, message), attached(card('après')));
    expect(updated).toMatchObject({ status: 200, body: { id: message } });
    for (const person of ['claire', 'ines']) {
      expect((await seenBy(person)).messages).toMatchObject([{ version: 2, cards: [card('après')] }]);
    }
  });

  test('a card that is deleted is gone', async () => {
    const { conversation: id, message } = await postedCard(card('avant'));
    expect((await call('DELETE', activities(id, message))).status).toBe(200);
    expect((await seenBy('claire')).messages).toEqual([]);
  });

  test('an unknown conversation and an unknown activity are refused as the real connector does', async () => {
    const id = await conversation('claire', 'personal');
    expect(await post(activities('a:unknown'), attached(card('x')))).toMatchObject({
      status: 404,
      body: { error: { code: 'ConversationNotFound' } },
    });
    expect(await call('PUT', activities(id, '1'), attached(card('x')))).toMatchObject({
      status: 404,
      body: { error: { code: 'ActivityNotFoundInConversation' } },
    });
    expect((await seenBy('claire')).messages).toEqual([]);
  });

  test('a personal conversation can be opened with a member’s id, and is the one that the person has', async () => {
    const id = await conversation('hugo', 'personal');
    const channel = encodeURIComponent(await conversation('hugo', 'channel'));
    const { body: members } = await call('GET', `/v3/conversations/${channel}/members`);
    const hugo = members.find((each: Json) => each.name === 'Hugo Bernard');
    expect(hugo).toMatchObject({ aadObjectId: people[1]?.aadObjectId, tenantId });
    const created = await post('/v3/conversations', { isGroup: false, members: [{ id: hugo.id }], tenantId });
    expect(created).toMatchObject({ status: 201, body: { id } });
  });

  test('a new thread can be opened in a channel', async () => {
    const id = await conversation('claire', 'channel');
    const { body } = await post('/v3/conversations', {
      isGroup: true,
      channelData: { channel: { id } },
      activity: attached(card('rappel')),
    });
    expect(body).toEqual({ id: `${id};messageid=${body.activityId}`, activityId: expect.any(String) });
    await post(activities(body.id), attached(card('suite')));
    expect((await seenBy('claire')).messages).toMatchObject([
      { thread: body.activityId },
      { thread: body.activityId, cards: [card('suite')] },
    ]);
  });

  test('members are told in pages and one by one, by either of their ids', async () => {
    const id = encodeURIComponent(await conversation('claire', 'personal'));
    const { body } = await call('GET', `/v3/conversations/${id}/pagedmembers?pageSize=50`);
    expect(body.members).toMatchObject([{ name: 'Claire Martin' }]);
    for (const member of [body.members[0].id, people[0]?.aadObjectId]) {
      const one = await call('GET', `/v3/conversations/${id}/members/${encodeURIComponent(member)}`);
      expect(one.body).toEqual(body.members[0]);
    }
    const stranger = await call('GET', `/v3/conversations/${id}/members/${people[1]?.aadObjectId}`);
    expect(stranger).toMatchObject({
      status: 404,
      body: { error: { code: 'MemberNotFoundInConversation' } },
    });
  });

  test('a team’s members are found under the team’s id', async () => {
    const id = await conversation('claire', 'channel');
    await post('/api/say', { person: 'claire', conversation: id, text: 'bonjour', mention: true });
    const { channelData, from } = heard[0];
    const member = `${encodeURIComponent(channelData.team.id)}/members/${encodeURIComponent(from.id)}`;
    expect((await call('GET', `/v3/conversations/${member}`)).body).toMatchObject({ name: 'Claire Martin' });
  });
});

describe('a button that executes', () => {
  test('is sent as an invoke that says which message was clicked', async () => {
    const { conversation: id, message } = await postedCard(card('étape 1'));
    await press('claire', message, execute);
    expect(heard[0]).toMatchObject({
      type: 'invoke',
      name: 'adaptiveCard/action',
      replyToId: message,
      conversation: { id },
      value: { action: execute, trigger: 'manual' },
    });
  });

  test('shows the card of the answer to the person who clicked, and to nobody else', async () => {
    answers = () => ({ body: { statusCode: 200, type: adaptive, value: card('étape 2') } });
    const { message } = await postedCard(card('étape 1'), await conversation('claire', 'channel'));
    await press('claire', message, execute);
    expect((await seenBy('claire')).messages[0].cards).toEqual([card('étape 2')]);
    expect((await seenBy('hugo')).messages[0].cards).toEqual([card('étape 1')]);
  });

  test('shows a refusal to the person who clicked, and to nobody else', async () => {
    const type = 'application/vnd.microsoft.activity.message';
    answers = () => ({ body: { statusCode: 200, type, value: 'Pas vous.' } });
    const { message } = await postedCard(card('étape 1'), await conversation('claire', 'channel'));
    await press('ines', message, execute);
    expect((await seenBy('ines')).messages[0].note).toEqual({ kind: 'private', text: 'Pas vous.' });
    expect((await seenBy('claire')).messages[0]).not.toHaveProperty('note');
  });

  test.each([
    ['an HTTP error', { status: 500 }],
    ['nothing', {}],
    ['an error of the protocol', { body: { statusCode: 400, type: 'application/vnd.microsoft.error' } }],
  ])('shows that something went wrong when the bot answers %s', async (_what, response) => {
    answers = () => response;
    const { message } = await postedCard(card('étape 1'));
    await press('claire', message, execute);
    expect((await seenBy('claire')).messages[0].note).toMatchObject({
      kind: 'failure',
      text: expect.stringContaining('Un problème est survenu'),
    });
  });
});

describe('a dialog', () => {
  /** Opens the dialog and submits it, as Claire. */
  async function submitted(data: Json): Promise<Json> {
    const { message } = await postedCard(card('étape 5'));
    const opened = await press('claire', message, fetchDialog);
    const { dialog: id } = opened.body.dialog;
    return (await post('/api/submit', { person: 'claire', dialog: id, data, theme: 'dark' })).body.dialog;
  }

  test('is asked for with the button’s data, and opens with the card of the answer', async () => {
    answers = () => ({ body: dialog(form()) });
    const { message } = await postedCard(card('étape 5'));
    const { body } = await press('claire', message, fetchDialog);
    expect(heard[0]).toMatchObject({
      type: 'invoke',
      name: 'task/fetch',
      replyToId: message,
      value: { data: fetchDialog.data, context: { theme: 'default' } },
    });
    expect(body.dialog).toMatchObject({ kind: 'card', title: 'Saisie', card: form() });
  });

  test('is submitted without saying from which message it was opened', async () => {
    answers = () => ({ body: dialog(form()) });
    await submitted({ new: 'canari', form: 'new' });
    expect(heard[1]).toMatchObject({
      name: 'task/submit',
      value: { data: { new: 'canari', form: 'new' }, context: { theme: 'dark' } },
    });
    expect(heard[1]).not.toHaveProperty('replyToId');
  });

  test.each([
    ['another card', dialog(card('Refusé')), { kind: 'card', card: card('Refusé') }],
    ['a message', { task: { type: 'message', value: 'Tenu.' } }, { kind: 'words', text: 'Tenu.' }],
    ['nothing', undefined, { kind: 'failure' }],
    ['a task without a card', { task: { type: 'continue', value: {} } }, { kind: 'failure' }],
  ])('shows what it is when the bot answers %s', async (_what, body, shown) => {
    answers = ({ name }) => ({ body: name === 'task/fetch' ? dialog(form()) : body });
    expect(await submitted({ new: 'x' })).toMatchObject(shown);
  });

  test('belongs to the person who opened it', async () => {
    answers = () => ({ body: dialog(form()) });
    const { message } = await postedCard(card('étape 5'));
    const opened = await press('claire', message, fetchDialog);
    const { dialog: id } = opened.body.dialog;
    expect((await post('/api/submit', { person: 'hugo', dialog: id, data: {} })).status).toBe(404);
  });
});

describe('the log of activities', () => {
  test('never holds what was typed in a masked input, however the dialog goes on', async () => {
    const echo = { ...form(), body: [{ ...form().body[0], value: 'canari' }] };
    answers = ({ name }) => ({ body: dialog(name === 'task/fetch' ? form() : echo) });
    const { message } = await postedCard(card('étape 5'));
    const opened = await press('claire', message, fetchDialog);
    const data = { new: 'canari', expires: '20/11/2027' };
    await post('/api/submit', { person: 'claire', dialog: opened.body.dialog.dialog, data });
    expect(heard.at(-1).value.data.new).toBe('canari');
    const { text } = await call('GET', '/api/log');
    expect(text).not.toContain('canari');
    expect(text).toContain('"new":"•••••","expires":"20/11/2027"');
  });

  test('tells both directions, in order', async () => {
    const { message } = await postedCard(card('étape 1'));
    await press('claire', message, execute);
    const { body } = await call('GET', '/api/log');
    expect(body.map(({ direction, name, status }: Json) => [direction, name, status])).toEqual([
      ['from-bot', 'POST message', 201],
      ['to-bot', 'invoke adaptiveCard/action', undefined],
      ['from-bot', 'réponse invoke adaptiveCard/action', 200],
    ]);
  });
});

test('the page asks for nothing from elsewhere', async () => {
  for (const path of ['/', '/client.js', '/client.css', '/cards.js', '/dialog.js', '/adaptivecards.js']) {
    const response = await fetch(`${teams.url}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'self'/);
  }
});
