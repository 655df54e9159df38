import type { FastifyInstance } from 'fastify';
import { activity, installActivities, messageActivity, type Scene } from './activities.ts';
import { type ActivityLog, type Entry, passwordIds } from './activity-log.ts';
import { bot, type Chat, type Chats, type Json, type Message, userId } from './chats.ts';
import {
  type Answer,
  type Delivery,
  type DialogAnswer,
  dialogAnswer,
  failure,
  membersOf,
} from './delivery.ts';
import type { Person } from './people.ts';

/** An action as the renderer hands it over: the card's inputs are merged in its data. */
interface Pressed {
  readonly type: 'Action.Execute' | 'Action.Submit';
  readonly id?: string;
  readonly verb?: string;
  readonly data?: Json & { readonly msteams?: Json };
}

interface Dialog {
  readonly person: Person;
  readonly conversation: Chat;
  readonly thread: string | undefined;
  readonly card: Json;
}

/** What the page is told after a press: nothing, or that a dialog opens. */
type DialogView = (DialogAnswer & { readonly dialog?: string }) | undefined;

const silence = { kind: 'failure', text: 'L’application n’a pas répondu.' } as const;

/** What the page calls on behalf of the person that it is, and the stream that keeps it up to date. */
/** Where the page's links lead: to what stands around the bot. */
export interface PageLinks {
  readonly portal: string;
  readonly mailbox: string;
  readonly application: string;
}

export function pageRoutes(
  app: FastifyInstance,
  {
    chats,
    log,
    delivery,
    serviceUrl,
    links,
  }: {
    chats: Chats;
    log: ActivityLog;
    delivery: Delivery;
    serviceUrl: () => string;
    links: PageLinks;
  },
): void {
  const installations = new Map<Chat, Promise<void>>();
  const locales = new Map<Person, string>();
  const dialogs = new Map<string, Dialog>();

  const who = (key: string): Person => found(chats.people.find((person) => person.key === key));
  const where = (id: string, person: Person): Chat =>
    found(chats.conversations.find((each) => each.id === id && each.members.includes(person)));
  const what = (id: string, person: Person): Message => {
    const message = found(chats.messages.get(id));
    where(message.conversation.id, person);
    return message;
  };
  const locale = (person: Person): string => locales.get(person) ?? 'fr-FR';
  const scene = (person: Person, conversation: Chat, thread?: string): Scene => ({
    person,
    conversation,
    thread,
    locale: locale(person),
    serviceUrl: serviceUrl(),
  });
  /** Once, by whoever is first in the conversation: Teams sends a bot nothing from where it is not installed. */
  const installed = (person: Person, conversation: Chat): Promise<void> => {
    const installation = installations.get(conversation) ?? install(person, conversation);
    installations.set(conversation, installation);
    return installation;
  };
  const install = async (person: Person, conversation: Chat): Promise<void> => {
    for (const each of installActivities(() => chats.nextId(), scene(person, conversation))) {
      const { status } = await delivery.send(each);
      // The bot is not up yet: whoever comes next installs it.
      if (status >= 500) installations.delete(conversation);
    }
  };
  const opened = (answer: DialogAnswer, place: Omit<Dialog, 'card'>): DialogView => {
    if (answer.kind !== 'card') return answer;
    const dialog = chats.nextId();
    dialogs.set(dialog, { ...place, card: answer.card });
    return { ...answer, dialog };
  };

  app.get('/api/setup', async () => ({
    bot: bot.name,
    links,
    people: chats.people.map(({ key, name, role }) => ({ key, name, role })),
  }));

  app.get('/api/log', async () => log.entries);

  app.get<{ Querystring: { person: string } }>('/api/events', async (request, reply) => {
    const person = who(request.query.person);
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const push = (event: string, data: unknown): void => {
      reply.raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    const concerns = (conversation: Chat): boolean => conversation.members.includes(person);
    const onMessage = (message: Message): void => {
      if (concerns(message.conversation)) push('message', seenBy(person, message, chats));
    };
    const onRemoved = (message: Message): void => push('removed', { id: message.id });
    const onTyping = (conversation: Chat): void => push('typing', { conversation: conversation.id });
    const onEntry = (entry: Entry): void => push('log', entry);

    push('snapshot', {
      me: userId(person),
      locale: locale(person),
      conversations: chats.conversations.filter(concerns).map(({ id, type, title, subtitle, members }) => ({
        id,
        type,
        title,
        subtitle,
        size: members.length,
      })),
      messages: [...chats.messages.values()]
        .filter(({ conversation }) => concerns(conversation))
        .map((message) => seenBy(person, message, chats)),
      log: log.entries,
    });
    chats.on('message', onMessage).on('removed', onRemoved).on('typing', onTyping);
    log.on('entry', onEntry);
    request.raw.on('close', () => {
      chats.off('message', onMessage).off('removed', onRemoved).off('typing', onTyping);
      log.off('entry', onEntry);
    });
  });

  app.post<{ Body: { person: string; locale: string } }>('/api/locale', async ({ body }, reply) => {
    locales.set(who(body.person), body.locale);
    return reply.code(204).send();
  });

  app.post<{ Body: { person: string; conversation: string } }>('/api/open', async ({ body }, reply) => {
    const person = who(body.person);
    const conversation = where(body.conversation, person);
    await installed(person, conversation);
    return reply.code(204).send();
  });

  app.post<{
    Body: { person: string; conversation: string; text: string; mention: boolean; thread?: string };
  }>('/api/say', async ({ body }, reply) => {
    const person = who(body.person);
    const conversation = where(body.conversation, person);
    const toBot = conversation.type === 'personal' || body.mention;
    const text = toBot && conversation.type !== 'personal' ? `@${bot.name} ${body.text}` : body.text;
    if (toBot) await installed(person, conversation);
    const message = chats.add(conversation, person, { text, thread: body.thread });
    if (toBot) {
      const sent = messageActivity(message.id, body.text, scene(person, conversation, message.thread));
      const { status } = await delivery.send(sent);
      if (status >= 400) chats.note(person, message, silence);
    }
    return reply.code(204).send();
  });

  app.post<{ Body: { person: string; message: string } }>('/api/delete', async ({ body }, reply) => {
    const person = who(body.person);
    const message = what(body.message, person);
    if (message.from !== person) return reply.code(403).send();
    chats.remove(message);
    log.forget(message.id);
    const deleted = { channelData: { eventType: 'softDeleteMessage' } };
    await delivery.send(
      activity('messageDelete', message.id, scene(person, message.conversation, message.thread), deleted),
    );
    return reply.code(204).send();
  });

  app.post<{
    Body: {
      person: string;
      message: string;
      card: number;
      action: Pressed;
      trigger: 'manual' | 'automatic';
      theme: 'default' | 'dark';
    };
  }>('/api/press', async ({ body }): Promise<{ dialog: DialogView }> => {
    const { action, trigger } = body;
    const person = who(body.person);
    const message = what(body.message, person);
    const { conversation, thread } = message;
    const passwords = passwordIds(chats.cardsFor(person, message)[body.card]);
    const send = (type: string, own: Json): Promise<Answer> => {
      const here = scene(person, conversation, thread);
      return delivery.send(
        activity(type, chats.nextId(), here, { replyToId: message.id, ...own }),
        passwords,
      );
    };

    if (action.type === 'Action.Execute') {
      const value = { action, trigger };
      const answer = await send('invoke', { name: 'adaptiveCard/action', value });
      showCardAnswer(chats, person, message, body.card, trigger, answer);
      return { dialog: undefined };
    }
    const msteams = action.data?.msteams;
    if (msteams?.type === 'task/fetch') {
      const value = { data: action.data, context: { theme: body.theme } };
      const answer = dialogAnswer(await send('invoke', { name: 'task/fetch', value }));
      return { dialog: opened(answer, { person, conversation, thread }) };
    }
    const { status } = await send('message', submitted(action.data));
    if (status >= 400) chats.note(person, message, failure);
    return { dialog: undefined };
  });

  app.post<{ Body: { person: string; dialog: string; data: Json; theme: 'default' | 'dark' } }>(
    '/api/submit',
    async ({ body }): Promise<{ dialog: DialogView }> => {
      const dialog = found(dialogs.get(body.dialog));
      const { person, conversation, thread } = dialog;
      if (person.key !== body.person) throw new NotFound();
      const value = { data: body.data, context: { theme: body.theme } };
      // No `replyToId`: Teams does not say from which message a dialog was opened.
      const submit = activity('invoke', chats.nextId(), scene(person, conversation, thread), {
        name: 'task/submit',
        value,
      });
      const answer = await delivery.send(submit, passwordIds(dialog.card));
      return { dialog: opened(dialogAnswer(answer), { person, conversation, thread }) };
    },
  );
}

class NotFound extends Error {
  readonly statusCode = 404;
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new NotFound();
  return value;
}

/** What a plain Action.Submit sends: its data, or the text that it asks Teams to say. */
function submitted(data: Pressed['data']): Json {
  const { type, text, value } = membersOf(data?.msteams);
  if (type === 'imBack') return { text: value };
  if (type === 'messageBack') return { text, value };
  return { value: data };
}

/** Shows what an `adaptiveCard/action` was answered with, to the person who pressed. */
function showCardAnswer(
  chats: Chats,
  person: Person,
  message: Message,
  card: number,
  trigger: 'manual' | 'automatic',
  { status, body }: Answer,
): void {
  const { statusCode, type, value } = membersOf(body);
  const ok = status < 400 && statusCode === 200;
  if (ok && type === 'application/vnd.microsoft.card.adaptive') {
    chats.replaceFor(person, message, card, membersOf(value));
  } else if (ok && type === 'application/vnd.microsoft.activity.message' && typeof value === 'string') {
    chats.note(person, message, { kind: 'private', text: value });
  } else if (trigger === 'manual') {
    const { message: said } = membersOf(value);
    chats.note(person, message, typeof said === 'string' ? { ...failure, text: said } : failure);
  }
}

/** A message as one person sees it. */
function seenBy(person: Person, message: Message, chats: Chats): Json {
  const { id, conversation, thread, from, time, version, text } = message;
  return {
    id,
    conversation: conversation.id,
    thread,
    from: 'key' in from ? { name: from.name, key: from.key } : { name: from.name, bot: true },
    mine: from === person,
    time,
    version,
    text,
    cards: chats.cardsFor(person, message),
    note: message.notes.get(person.key),
  };
}
