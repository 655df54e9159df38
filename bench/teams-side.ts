import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import type { Walker } from './walking.ts';

const TENANT = '5e0c1d2f-0000-4000-8000-000000000001';
const BOT = { id: '28:bench-bot', name: 'Chorus Pro' };

type Json = Readonly<Record<string, unknown>>;

interface Button {
  readonly type: string;
  readonly verb?: string;
  readonly data?: Json;
}

interface Card {
  readonly actions: readonly Button[];
}

/** Our id of the person with this number. */
export function teamsPersonId(number: number): string {
  return `teams:${TENANT}:${objectId(number)}`;
}

function objectId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** The Teams side of the protocol, in the process that loads: the connector that the bot calls, and the people. */
export class TeamsSide {
  readonly #people = new Map<string, TeamsPerson>();
  readonly #agent = new Agent();
  readonly #connector: Server;

  private constructor() {
    this.#connector = createServer((incoming, response) => void this.#called(incoming, response));
  }

  static async start(): Promise<TeamsSide> {
    const side = new TeamsSide();
    side.#connector.listen(0, '127.0.0.1');
    await once(side.#connector, 'listening');
    return side;
  }

  /** Somebody in a personal chat with the bot at `botUrl`. */
  person(botUrl: string, number: number): TeamsPerson {
    const { port } = this.#connector.address() as AddressInfo;
    const conversation = `${new URL(botUrl).port}-${number}`;
    const person = new TeamsPerson(number, conversation, `http://127.0.0.1:${port}/`, (activity) =>
      this.#send(botUrl, activity),
    );
    this.#people.set(conversation, person);
    return person;
  }

  async close(): Promise<void> {
    await this.#agent.close();
    this.#connector.closeAllConnections();
    this.#connector.close();
  }

  async #send(botUrl: string, activity: Json): Promise<Json> {
    const answer = await request(`${botUrl}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(activity),
      dispatcher: this.#agent,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`the bot answered ${answer.statusCode}`);
    return text === '' ? {} : JSON.parse(text);
  }

  /** `POST /v3/conversations/<id>/activities` shows a card, `PUT …/activities/<message>` replaces it. */
  async #called(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, , , conversation = '', , message] = (incoming.url ?? '').split('/');
    const { attachments } = (await json(incoming)) as { attachments?: { content: Card }[] };
    const card = attachments?.[0]?.content;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: message ?? 'card' }));
    if (card !== undefined) this.#people.get(conversation)?.drawn(card);
  }
}

/** Somebody who clicks what the last card offers. */
export class TeamsPerson implements Walker {
  /** The card as it stands in the chat, and the form that is open. */
  card: Card = { actions: [] };
  #form: Json = { account: 'nobody', message: 'card' };
  #wake: () => void = () => undefined;
  #sent = 0;
  readonly #number: number;
  readonly #conversation: string;
  readonly #serviceUrl: string;
  readonly #deliver: (activity: Json) => Promise<Json>;

  constructor(
    number: number,
    conversation: string,
    serviceUrl: string,
    deliver: (activity: Json) => Promise<Json>,
  ) {
    this.#number = number;
    this.#conversation = conversation;
    this.#serviceUrl = serviceUrl;
    this.#deliver = deliver;
  }

  /** The bot drew a card in the chat. */
  drawn(card: Card): void {
    this.card = card;
    this.#wake();
  }

  /** Writes to the bot, which answers with a card. */
  async say(text: string): Promise<void> {
    await this.#andSeeIt(this.#activity({ type: 'message', text }));
  }

  /** Clicks, and waits until the card has changed in the chat. Gives how long the answer took, in ms. */
  async press(verb: string): Promise<number> {
    const button = this.card.actions.find((action) => action.verb === verb);
    if (button === undefined) throw new Error(`the card has no button ${verb}`);
    const { milliseconds, answer } = await this.#andSeeIt(
      this.#invoke('adaptiveCard/action', { action: { type: button.type, verb, data: button.data } }),
    );
    if (!('value' in answer) || typeof answer.value !== 'object') throw new Error('the click was refused');
    return milliseconds;
  }

  get isFormOffered(): boolean {
    return this.#formButton !== undefined;
  }

  get #formButton() {
    return this.card.actions.find((action) => action.type === 'Action.Submit');
  }

  /** Opens the form that the card offers. */
  async openForm(): Promise<void> {
    const button = this.#formButton;
    if (button === undefined) throw new Error('the card offers no form');
    const answer = await this.#deliver(this.#invoke('task/fetch', { data: button.data }));
    const { task } = answer as { task: { value: { card: { content: Card } } } };
    this.#form = task.value.card.content.actions[0]?.data ?? {};
  }

  /** Submits the form, and waits until the card has changed in the chat. Gives how long the answer took, in ms. */
  async submit(password: string): Promise<number> {
    // As in Teams, nothing but the form's own data tells which message it belongs to.
    const { replyToId: _none, ...invoke } = this.#invoke('task/submit', {
      data: { ...this.#form, password },
    });
    return (await this.#andSeeIt(invoke)).milliseconds;
  }

  async #andSeeIt(activity: Json): Promise<{ milliseconds: number; answer: Json }> {
    const seen = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const started = performance.now();
    const answer = await this.#deliver(activity);
    const milliseconds = performance.now() - started;
    await seen;
    return { milliseconds, answer };
  }

  #invoke(name: string, value: Json): Json {
    return this.#activity({ type: 'invoke', name, replyToId: 'card', value });
  }

  #activity(own: Json): Json {
    this.#sent += 1;
    const now = new Date().toISOString();
    return {
      id: `${this.#conversation}-${this.#sent}`,
      channelId: 'msteams',
      serviceUrl: this.#serviceUrl,
      timestamp: now,
      localTimestamp: now,
      localTimezone: 'Europe/Paris',
      locale: 'fr-FR',
      from: { id: `29:${this.#number}`, name: 'Hélène Gauthier', aadObjectId: objectId(this.#number) },
      recipient: BOT,
      conversation: { id: this.#conversation, conversationType: 'personal', tenantId: TENANT },
      channelData: { tenant: { id: TENANT } },
      entities: [
        { type: 'clientInfo', locale: 'fr-FR', country: 'FR', platform: 'Web', timezone: 'Europe/Paris' },
      ],
      ...own,
    };
  }
}
