import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Person } from './people.ts';

/** An object of the protocol, of which only some members matter here. */
export type Json = Record<string, unknown>;

/** Who plays the app in the chats. */
export const bot = { id: '28:6f1d7f3e-20c4-4a52-9d0b-9a3f5e8c7b11', name: 'Chorus Pro' } as const;

export interface Chat {
  readonly id: string;
  readonly type: 'personal' | 'groupChat' | 'channel';
  readonly title: string;
  readonly subtitle: string;
  readonly members: readonly Person[];
  readonly team?: { readonly id: string; readonly name: string };
}

/** A line under a message that one person alone sees. */
interface Note {
  readonly kind: 'private' | 'failure';
  readonly text: string;
}

export interface Message {
  readonly id: string;
  readonly conversation: Chat;
  /** In a channel, the id of the post that opened the thread. */
  readonly thread: string;
  readonly from: Person | typeof bot;
  readonly time: string;
  /** Grows with every update that the bot makes. */
  version: number;
  text: string;
  cards: readonly Json[];
  /** Cards that an answer replaced for one person only, by the person's key. */
  readonly views: Map<string, readonly Json[]>;
  readonly notes: Map<string, Note>;
}

/** So that the same people and places have the same ids at every start, as a bot with a store expects. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** The id by which Teams names somebody to the bot. */
export const userId = (person: Person): string => `29:1${digest(person.aadObjectId)}`;

/** The conversations and messages of everybody, in memory. Emits `message`, `removed` and `typing`. */
export class Chats extends EventEmitter<{
  message: [Message];
  removed: [Message];
  typing: [Chat];
}> {
  readonly people: readonly Person[];
  readonly conversations: readonly Chat[];
  readonly messages = new Map<string, Message>();
  #lastId = 0;

  constructor(people: readonly Person[]) {
    super();
    this.people = people;
    this.conversations = [
      ...people.map((person) => ({
        id: `a:1${digest(`${bot.id} ${person.aadObjectId}`)}`,
        type: 'personal' as const,
        title: bot.name,
        subtitle: 'Conversation personnelle',
        members: [person],
      })),
      {
        id: `19:${digest('group')}@thread.v2`,
        type: 'groupChat',
        title: 'Clôture mensuelle',
        subtitle: 'Conversation de groupe',
        members: people,
      },
      {
        id: `19:${digest('channel')}@thread.tacv2`,
        type: 'channel',
        title: 'Finances › Échéances',
        subtitle: 'Canal d’équipe',
        members: people,
        team: { id: `19:${digest('team')}@thread.tacv2`, name: 'Finances' },
      },
    ];
  }

  /** Ids are times in milliseconds, as in Teams, and never twice the same. */
  nextId(): string {
    this.#lastId = Math.max(Date.now(), this.#lastId + 1);
    return String(this.#lastId);
  }

  personal(person: Person): Chat | undefined {
    return this.conversations.find(({ type, members }) => type === 'personal' && members[0] === person);
  }

  /** Somebody by the id that Teams gives to the bot, or by directory id, which the connector takes too. */
  member(id: string): Person | undefined {
    return this.people.find((person) => userId(person) === id || person.aadObjectId === id);
  }

  add(
    conversation: Chat,
    from: Message['from'],
    content: { text: string; cards?: readonly Json[]; thread?: string | undefined },
  ): Message {
    const id = this.nextId();
    const message: Message = {
      id,
      conversation,
      thread: conversation.type === 'channel' ? (content.thread ?? id) : '',
      from,
      time: new Date().toISOString(),
      version: 1,
      text: content.text,
      cards: content.cards ?? [],
      views: new Map(),
      notes: new Map(),
    };
    this.messages.set(id, message);
    this.emit('message', message);
    return message;
  }

  /** What everybody sees from now on: the views of single people go. */
  replace(message: Message, text: string, cards: readonly Json[]): void {
    message.version += 1;
    message.text = text;
    message.cards = cards;
    message.views.clear();
    message.notes.clear();
    this.emit('message', message);
  }

  replaceFor(person: Person, message: Message, index: number, card: Json): void {
    message.views.set(person.key, this.cardsFor(person, message).with(index, card));
    message.notes.delete(person.key);
    this.emit('message', message);
  }

  note(person: Person, message: Message, note: Note): void {
    message.notes.set(person.key, note);
    this.emit('message', message);
  }

  remove(message: Message): void {
    this.messages.delete(message.id);
    this.emit('removed', message);
  }

  cardsFor(person: Person, message: Message): readonly Json[] {
    return message.views.get(person.key) ?? message.cards;
  }
}
