import { asTyped } from '../as-typed.ts';
import { type FakeSlack, type Message, startSlack, TEAM, type User, type View } from '../slack/fake-slack.ts';
import { type Answer, type Delivery, SlackPerson } from '../slack/person.ts';
import type { Chat, Platform, Seen, SeenForm, Where } from './platform.ts';

// biome-ignore lint/suspicious/noExplicitAny: Block Kit, as it was sent
type Json = any;

const CHANNEL = 'C0COMPTA';
const THREAD = '1700000000.000001';

interface Delivered {
  readonly kind: Parameters<Delivery>[0];
  readonly payload: Json;
  readonly retry: number | undefined;
}

/** Plays Slack to a bot: its Web API stands before the bot does, and `connect` tells how the bot is reached. */
export class SlackPlatform implements Platform {
  readonly slack: FakeSlack;
  readonly delivered: Delivered[] = [];
  readonly #botSettled: () => Promise<void>;
  readonly #traffic: string[] = [];
  readonly #people = new Map<string, SlackPerson>();
  #deliver: Delivery | undefined;

  private constructor(slack: FakeSlack, botSettled: () => Promise<void>) {
    this.slack = slack;
    this.#botSettled = botSettled;
  }

  /** `botSettled`: Slack is told « arrived » at once, and the work comes after. */
  static async start(botSettled: () => Promise<void>): Promise<SlackPlatform> {
    const slack = await startSlack();
    slack.channels.set(CHANNEL, { id: CHANNEL });
    return new SlackPlatform(slack, botSettled);
  }

  connect(deliver: Delivery): void {
    this.#deliver = (kind, payload, retry) => {
      this.delivered.push({ kind, payload, retry });
      return deliver(kind, payload, retry);
    };
  }

  idOf(who: string): string {
    return `slack:${TEAM}:${userOf(who)}`;
  }

  sent(): string {
    return [...this.#traffic, JSON.stringify([this.slack.calls, this.slack.messages])].join('\n');
  }

  chat(who: string, where: Where, language: 'fr' | 'en' = 'fr', name = who): Chat {
    return this.#handOf(who, where, { name, locale: language === 'fr' ? 'fr-FR' : 'en-GB' });
  }

  strangers(): readonly (readonly [string, Chat])[] {
    return [
      ['of another workspace', this.#handOf('other', 'channel', { team: 'T0OTHER' })],
      ['who is a guest', this.#handOf('guest', 'channel', { is_restricted: true })],
    ];
  }

  channel(): readonly Seen[] {
    return this.slack
      .in(CHANNEL)
      .filter(({ thread_ts }) => thread_ts === undefined)
      .map(({ blocks }) => seenOf(blocks));
  }

  everyone(): string {
    return JSON.stringify(this.slack.in(CHANNEL));
  }

  busy(seconds: number): void {
    for (const method of ['chat.postMessage', 'chat.update']) this.slack.limit(method, seconds);
  }

  deleteMessages(): void {
    this.slack.messages.length = 0;
  }

  removeBot(): void {
    this.slack.channels.delete(CHANNEL);
  }

  async deliver(payload: object): Promise<number | undefined> {
    if (this.#deliver === undefined) throw new Error('not connected');
    const { kind, payload: sent, retry } = payload as Delivered;
    const answered = this.#deliver(kind, sent, retry);
    const status = await answered.then(
      (answer) => answer.status,
      () => undefined,
    );
    await this.#botSettled();
    return status;
  }

  async close(): Promise<void> {
    expectNothingRefused(this.slack);
    await this.slack.close();
  }

  #handOf(who: string, where: Where, more: Partial<User>): Chat {
    if (this.#deliver === undefined) throw new Error('not connected');
    const id = userOf(who);
    this.slack.users.set(id, { id, name: who, ...more });
    const person = this.#people.get(id) ?? new SlackPerson(id, this.slack, this.#deliver);
    this.#people.set(id, person);
    return new SlackHand(this.slack, person, where, this.#settled);
  }

  /** Does it, and waits until the bot has nothing more to say. */
  readonly #settled = async (act: () => Promise<readonly Answer[]>): Promise<readonly Answer[]> => {
    const answers = await act();
    for (const { status, body } of answers) {
      if (status !== 200 && status !== 401) throw new Error(`answered ${status}`);
      this.#traffic.push(JSON.stringify(body));
    }
    await this.#botSettled();
    return answers;
  };
}

class SlackHand implements Chat {
  readonly #slack: FakeSlack;
  readonly #person: SlackPerson;
  readonly #channel: string;
  readonly #thread: string | undefined;
  readonly #settled: (act: () => Promise<readonly Answer[]>) => Promise<readonly Answer[]>;
  readonly #seen = new WeakMap<Seen, Message>();
  #modal: View | undefined;
  #typed: Record<string, string> = {};

  constructor(
    slack: FakeSlack,
    person: SlackPerson,
    where: Where,
    settled: (act: () => Promise<readonly Answer[]>) => Promise<readonly Answer[]>,
  ) {
    this.#slack = slack;
    this.#person = person;
    this.#channel = where === 'private' ? person.direct : CHANNEL;
    this.#thread = where === 'thread' ? THREAD : undefined;
    this.#settled = settled;
  }

  async say(text: string, deliveries = 1): Promise<void> {
    const event = `Ev${Math.random()}`;
    const isPrivate = this.#channel === this.#person.direct;
    const thread = this.#thread === undefined ? {} : { thread_ts: this.#thread };
    const once = (attempt: number) => {
      const retry = attempt === 0 ? undefined : attempt;
      return isPrivate
        ? this.#person.write(text, event, retry)
        : this.#person.mention(this.#channel, text, thread, event, retry);
    };
    await this.#settled(() => Promise.all(Array.from({ length: deliveries }, (_, retry) => once(retry))));
  }

  async install(): Promise<void> {
    await this.#settled(async () => [await this.#person.invite(this.#channel, `Ev${Math.random()}`)]);
  }

  card(): Seen {
    const seen = this.cards().at(-1);
    if (seen === undefined) throw new Error('the bot has posted nothing here');
    return seen;
  }

  cards(): readonly Seen[] {
    return this.#messages().map((message) => {
      const seen = seenOf(message.blocks);
      // As it is now: an old client goes on drawing it.
      this.#seen.set(seen, { ...message });
      return seen;
    });
  }

  press(label: string, more: { deliveries?: number; chosen?: Readonly<Record<string, string>> } = {}) {
    return this.#press(this.#newest(), label, more);
  }

  pressOld(old: Seen, label: string): Promise<string | undefined> {
    const message = this.#seen.get(old);
    if (message === undefined) throw new Error('that card was never seen');
    return this.#press(message, label, {});
  }

  async open(label: string): Promise<SeenForm | string> {
    const message = this.#newest();
    const views = this.#slack.views.length;
    const said = this.#asides().length;
    await this.#settled(async () => [await this.#person.click(label, message)]);
    this.#typed = {};
    this.#modal = this.#slack.views[views];
    if (this.#modal !== undefined) return this.#form(this.#modal);
    return this.#asides().at(said) ?? 'no answer at all';
  }

  async submit(
    typed: { password?: string; expiry?: string; keepAs?: string },
    deliveries = 1,
  ): Promise<SeenForm | string> {
    const modal = this.#modal;
    if (modal === undefined) throw new Error('no form is open');
    // What was typed before still stands in Slack's own field.
    const { password, ...rest } = typed;
    this.#typed = {
      ...this.#typed,
      ...rest,
      ...(password === undefined || password === '' ? {} : { password }),
    };
    await this.#settled(() =>
      Promise.all(Array.from({ length: deliveries }, () => this.#person.submit(modal, this.#typed))),
    );
    const isForm = 'submit' in modal.view || Object.keys(modal.errors).length > 0;
    return isForm ? this.#form(modal) : seenOf(modal.view.blocks).texts.join('\n');
  }

  async #press(
    message: Message,
    label: string,
    { deliveries = 1, chosen = {} }: { deliveries?: number; chosen?: Readonly<Record<string, string>> },
  ): Promise<string | undefined> {
    const said = this.#asides().length;
    await this.#settled(() =>
      Promise.all(Array.from({ length: deliveries }, () => this.#person.click(label, message, { chosen }))),
    );
    return this.#asides().at(said);
  }

  /** What was said to this person alone, and is no card. */
  #asides(): string[] {
    return this.#slack
      .seenBy(this.#person.id)
      .map(({ blocks }) => seenOf(blocks))
      .filter(({ title }) => title === '')
      .map(({ texts }) => texts.join('\n'));
  }

  #messages(): Message[] {
    return this.#slack.messages.filter(
      ({ channel, thread_ts, to, blocks }) =>
        channel === this.#channel &&
        thread_ts === this.#thread &&
        (to ?? this.#person.id) === this.#person.id &&
        seenOf(blocks).title !== '',
    );
  }

  #newest(): Message {
    const message = this.#messages().at(-1);
    if (message === undefined) throw new Error('the bot has posted nothing here');
    return message;
  }

  #form({ view, errors }: View): SeenForm {
    const seen = seenOf(view.blocks);
    const isLine = ({ type, element }: Json) => type === 'input' && element.type === 'plain_text_input';
    const inputs: Json[] = view.blocks.filter(isLine);
    const values = inputs.map(({ block_id, label, element }) => [
      asTyped(label.text),
      this.#typed[block_id] ?? element.initial_value ?? '',
    ]);
    return {
      ...seen,
      title: asTyped(view.title.text),
      texts: [view.title.text, ...seen.texts, ...Object.values(errors)].map(asTyped),
      // The password stands in its field, in Slack's own memory.
      values: Object.fromEntries(values.filter(([label]) => !/^Nouveau mot de passe/.test(label))),
    };
  }
}

/** A Slack id has capitals and digits only. */
function userOf(who: string): string {
  return `U0${who.toUpperCase().replace(/[^A-Z0-9]/g, '')}`;
}

function seenOf(blocks: Json[]): Seen {
  const header = blocks.find(({ type }) => type === 'header');
  return {
    title: asTyped((header?.text.text ?? '').replace(/^(✅|⚠️|🚨|ℹ️) /u, '')),
    texts: blocks.flatMap(textsOf).map(asTyped),
    buttons: blocks
      .filter(({ type }) => type === 'actions')
      .flatMap(({ elements }) =>
        elements.map(({ text }: Json) => ({ label: asTyped(text.text), enabled: true })),
      ),
  };
}

function textsOf(block: Json): string[] {
  switch (block.type) {
    case 'rich_text':
      return block.elements.flatMap(richTexts);
    case 'section':
      return [...(block.fields ?? []), ...(block.text === undefined ? [] : [block.text])].map(
        ({ text }: Json) => text.replace(/^\*(.*)\*$/, '$1'),
      );
    case 'context':
      return block.elements.map(({ text }: Json) => text);
    case 'header':
      return [block.text.text];
    case 'input':
      return [block.label.text, ...(block.hint === undefined ? [] : [block.hint.text])];
    default:
      return [];
  }
}

function richTexts(element: Json): string[] {
  return element.type === 'rich_text_list'
    ? element.elements.flatMap(richTexts)
    : [element.elements.map(({ text }: Json) => text).join('')];
}

function expectNothingRefused(slack: FakeSlack): void {
  if (slack.refused.length > 0) throw new Error(`Slack would have refused: ${slack.refused.join('; ')}`);
}
