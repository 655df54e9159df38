import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asTyped } from '../as-typed.ts';
import type { Chat, Platform, Seen, SeenForm, Where } from './platform.ts';

type Json = Record<string, unknown>;
interface Button extends Json {
  readonly title: string;
  readonly type: string;
  readonly verb?: string;
  readonly data?: Json;
  readonly isEnabled?: boolean;
}
interface AdaptiveCard extends Json {
  readonly body: readonly Json[];
  readonly actions: readonly Button[];
}

export const TENANT = 'c0ffee00-0000-4000-8000-000000000001';
const OTHER_TENANT = 'c0ffee00-0000-4000-8000-000000000002';
const BOT = { id: '28:the-bot' };
const CHANNEL = '19:team@thread.tacv2';

/**
 * Plays Teams to a bot that listens at `botUrl`: sends activities, takes what the bot posts and updates. What the bot
 * sends goes `through` another server where one stands before Teams.
 */
export async function startTeamsPlatform(
  botUrl: string,
  through = async (serviceUrl: string) => serviceUrl,
): Promise<Platform> {
  const conversations = new Map<string, { id: string; card: AdaptiveCard }[]>();
  const traffic: string[] = [];
  const delivered: Json[] = [];
  const retryAfter = new Map<string, number>();
  const removed = new Set<string>();
  let ids = 0;

  const connector = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      traffic.push(text);
      const { method = '', url = '' } = request;
      const answer = (status: number, body: object, headers = {}) =>
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(JSON.stringify(body));
      const seconds = retryAfter.get(method);
      retryAfter.delete(method);
      if (seconds !== undefined) return answer(429, {}, { 'retry-after': String(seconds) });
      const [, , , conversation, , activity] = decodeURIComponent(url).split('/');
      if (conversation === undefined) {
        const [member] = (JSON.parse(text) as { members: [{ id: string }] }).members;
        return answer(201, { id: `a:${member.id}` });
      }
      if (removed.has(conversation)) return answer(404, {});
      const { attachments } = JSON.parse(text) as { attachments: { content: AdaptiveCard }[] };
      const card = attachments[0]?.content as AdaptiveCard;
      const posts = conversations.get(conversation) ?? [];
      conversations.set(conversation, posts);
      if (method === 'POST') {
        posts.push({ id: `message-${++ids}`, card });
        return answer(201, { id: `message-${ids}` });
      }
      const known = posts.find(({ id }) => id === activity);
      if (known === undefined) return answer(404, {});
      known.card = card;
      return answer(200, { id: known.id });
    });
  });
  const serviceUrl = await through(await listening(connector));

  const deliver = async (activity: Json): Promise<{ status: number; body: Json }> => {
    delivered.push(activity);
    const answer = await fetch(`${botUrl}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(activity),
    });
    const text = await answer.text();
    traffic.push(text);
    return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Json) };
  };

  const handOf = (who: string, where: Where, language: 'fr' | 'en', { tenant = TENANT, name = who } = {}) => {
    const conversation = conversationOf(who, where, tenant);
    const base = {
      channelId: 'msteams',
      serviceUrl,
      from: { id: `29:${who}`, name, aadObjectId: who },
      recipient: BOT,
      conversation,
      locale: language === 'fr' ? 'fr-FR' : 'en-GB',
      channelData: { tenant: { id: tenant } },
    };
    return new TeamsHand(
      (activity) => deliver({ ...base, id: `activity-${++ids}`, ...activity }),
      () => conversations.get(conversation.id) ?? [],
      where,
    );
  };

  return {
    idOf: (who) => `teams:${TENANT}:${who}`,
    chat: (who, where, language = 'fr', name = who) => handOf(who, where, language, { name }),
    strangers: () => [['of another tenant', handOf('stranger', 'channel', 'fr', { tenant: OTHER_TENANT })]],
    sent: () => traffic.join('\n'),
    channel: () => (conversations.get(CHANNEL) ?? []).map(({ card }) => seenOf(card)),
    everyone: () => JSON.stringify([...conversations].filter(([id]) => id.startsWith(CHANNEL))),
    busy(seconds) {
      for (const method of ['POST', 'PUT']) retryAfter.set(method, seconds);
    },
    deleteMessages: () => conversations.clear(),
    removeBot() {
      for (const where of ['channel', 'thread'] as const) removed.add(conversationOf('', where, TENANT).id);
      removed.add(CHANNEL);
    },
    delivered,
    deliver: async (payload) => (await deliver(payload as Json)).status,
    close: () =>
      new Promise((closed) => {
        connector.close(() => closed());
        // The bot may keep one open on which it has asked for nothing yet; Node would wait for it without end.
        connector.closeAllConnections();
      }),
  };
}

/** Whoever writes in a channel of Teams begins a thread there. */
function conversationOf(who: string, where: Where, tenantId: string) {
  if (where === 'private') return { id: `a:${who}`, conversationType: 'personal', tenantId };
  const id = `${CHANNEL};messageid=${where === 'channel' ? 1 : 2}`;
  return { id, conversationType: 'channel', isGroup: true, tenantId };
}

class TeamsHand implements Chat {
  readonly #deliver: (activity: Json) => Promise<{ status: number; body: Json }>;
  readonly #posts: () => readonly { id: string; card: AdaptiveCard }[];
  readonly #where: string;
  readonly #drawn = new Map<string, { over: AdaptiveCard; card: AdaptiveCard }>();
  readonly #seen = new WeakMap<Seen, { id: string; card: AdaptiveCard }>();
  #form: AdaptiveCard | undefined;

  constructor(
    deliver: (activity: Json) => Promise<{ status: number; body: Json }>,
    posts: () => readonly { id: string; card: AdaptiveCard }[],
    where: string,
  ) {
    this.#deliver = deliver;
    this.#posts = posts;
    this.#where = where;
  }

  async say(text: string, deliveries = 1): Promise<void> {
    const typed = this.#where === 'private' ? text : `<at>Chorus Pro</at> ${text}`;
    const message = { type: 'message', id: `said-${Math.random()}`, text: typed };
    await Promise.all(Array.from({ length: deliveries }, () => this.#deliver(message)));
  }

  async install(): Promise<void> {
    await this.#deliver({ type: 'conversationUpdate', membersAdded: [BOT] });
    await this.#deliver({ type: 'installationUpdate', action: 'add' });
  }

  card(): Seen {
    const seen = this.cards().at(-1);
    if (seen === undefined) throw new Error('the bot has posted nothing here');
    return seen;
  }

  cards(): readonly Seen[] {
    return this.#posts().map((post) => {
      const card = this.#drawnOn(post);
      const seen = seenOf(card);
      this.#seen.set(seen, { id: post.id, card });
      return seen;
    });
  }

  press(label: string, more: { deliveries?: number; chosen?: Readonly<Record<string, string>> } = {}) {
    const { id, card } = this.#newest();
    return this.#execute(id, card, label, more);
  }

  pressOld(old: Seen, label: string): Promise<string | undefined> {
    const known = this.#seen.get(old);
    if (known === undefined) throw new Error('that card was never seen');
    return this.#execute(known.id, known.card, label, {});
  }

  async open(label: string): Promise<SeenForm | string> {
    const { id, card } = this.#newest();
    const { data, isEnabled } = buttonOf(card, label);
    if (isEnabled === false) throw new Error(`${label} is greyed`);
    const { body } = await this.#deliver({
      type: 'invoke',
      name: 'task/fetch',
      replyToId: id,
      value: { data },
    });
    return this.#dialog(body);
  }

  async submit(
    typed: { password?: string; expiry?: string; keepAs?: string },
    deliveries = 1,
  ): Promise<SeenForm | string> {
    if (this.#form === undefined) throw new Error('no form is open');
    const { data } = this.#form.actions[0] as Button;
    const value = { data: { ...data, ...inputsOf(this.#form), ...typed } };
    const answers = await Promise.all(
      Array.from({ length: deliveries }, () => this.#deliver({ type: 'invoke', name: 'task/submit', value })),
    );
    return this.#dialog((answers[0] as { body: Json }).body);
  }

  async #execute(
    id: string,
    card: AdaptiveCard,
    label: string,
    { deliveries = 1, chosen = {} }: { deliveries?: number; chosen?: Readonly<Record<string, string>> },
  ): Promise<string | undefined> {
    const { type, verb, data } = buttonOf(card, label);
    if (type !== 'Action.Execute') throw new Error(`${label} is no Action.Execute`);
    const value = {
      action: { type, verb, data: { ...inputsOf(card), ...chosen, ...data } },
      trigger: 'manual',
    };
    const activity = { type: 'invoke', name: 'adaptiveCard/action', replyToId: id, value };
    const answers = await Promise.all(Array.from({ length: deliveries }, () => this.#deliver(activity)));
    const { status, body } = answers[0] as { status: number; body: Json };
    if (status !== 200) throw new Error(`the click was answered ${status}`);
    if (body.type === 'application/vnd.microsoft.activity.message') return asTyped(String(body.value));
    const post = this.#posts().find((one) => one.id === id);
    if (post !== undefined) this.#drawn.set(id, { over: post.card, card: body.value as AdaptiveCard });
    return undefined;
  }

  #newest(): { id: string; card: AdaptiveCard } {
    const post = this.#posts().at(-1);
    if (post === undefined) throw new Error('the bot has posted nothing here');
    return { id: post.id, card: this.#drawnOn(post) };
  }

  /** What an invoke answered is drawn at once, until the bot updates the message for everybody. */
  #drawnOn(post: { id: string; card: AdaptiveCard }): AdaptiveCard {
    const drawn = this.#drawn.get(post.id);
    return drawn?.over === post.card ? drawn.card : post.card;
  }

  #dialog(body: Json): SeenForm | string {
    const task = body.task as { type: string; value: unknown };
    if (task.type === 'message') {
      this.#form = undefined;
      return asTyped(String(task.value));
    }
    const { title, card } = task.value as { title: string; card: { content: AdaptiveCard } };
    // Nothing to fill in: a sentence, and « Fermer ».
    if (card.content.actions.length === 1) {
      this.#form = undefined;
      return seenOf(card.content).texts.join('\n');
    }
    this.#form = card.content;
    const values = Object.fromEntries(
      parts(card.content.body)
        .filter(({ type, style }) => type === 'Input.Text' && style !== 'Password')
        .map(({ label, value }) => [asTyped(String(label)), String(value)]),
    );
    return { ...seenOf(card.content), title: asTyped(title), values };
  }
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function seenOf(card: AdaptiveCard): Seen {
  const texts = parts(card.body).flatMap(
    ({ type, text, inlines, title, value, label, errorMessage: _never }) => {
      if (type === 'RichTextBlock') return [(inlines as { text: string }[]).map((run) => run.text).join('')];
      if (type === 'Input.ChoiceSet') return [`${String(label)} : ${String(value)}`];
      return [text, label, title === undefined ? undefined : `${String(title)} : ${String(value)}`]
        .filter((part) => part !== undefined)
        .map((part) => unescaped(String(part)));
    },
  );
  const buttons = card.actions.map(({ title, isEnabled }) => ({
    label: asTyped(title),
    enabled: isEnabled !== false,
  }));
  return { title: asTyped(texts[0] ?? ''), texts: texts.map(asTyped), buttons };
}

/** Every element of a body, facts included, in the order in which they are drawn. */
function parts(nodes: readonly Json[]): Json[] {
  return nodes.flatMap((node) => [
    node,
    ...['items', 'columns', 'facts'].flatMap((inner) => parts((node[inner] as Json[] | undefined) ?? [])),
  ]);
}

function inputsOf(card: AdaptiveCard): Record<string, string> {
  return Object.fromEntries(
    parts(card.body)
      .filter(({ type }) => String(type).startsWith('Input.'))
      .map(({ id, value }) => [String(id), String(value ?? '')]),
  );
}

function buttonOf(card: AdaptiveCard, label: string): Button {
  const button = card.actions.find(({ title }) => asTyped(title) === asTyped(label));
  if (button === undefined) {
    throw new Error(`no button ${label} among ${card.actions.map(({ title }) => title).join(', ')}`);
  }
  return button;
}

function unescaped(markdown: string): string {
  return markdown.replace(/\\([!-/:-@[-`{-~])/g, '$1');
}
