import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import type { Walker } from './walking.ts';

export const SLACK = { team: 'T0MAIRIE', botToken: 'xoxb-bench', signingSecret: 'bench-signing-secret' };
const BOT = 'U0BOT';

type Json = Readonly<Record<string, unknown>>;

interface Button {
  readonly action_id: string;
  readonly value: string;
}

interface Block {
  readonly type: string;
  readonly elements?: readonly Button[];
}

/** The Slack user with this number. */
export function slackUser(number: number): string {
  return `U${number}`;
}

/** Slack, in the process that loads: the Web API that the bot calls, and the people. */
export class SlackSide {
  readonly #people = new Map<string, SlackPerson>();
  readonly #agent = new Agent();
  readonly #api: Server;

  private constructor() {
    this.#api = createServer((incoming, response) => void this.#called(incoming, response));
  }

  static async start(): Promise<SlackSide> {
    const side = new SlackSide();
    side.#api.listen(0, '127.0.0.1');
    await once(side.#api, 'listening');
    return side;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${(this.#api.address() as AddressInfo).port}/api/`;
  }

  /** Somebody in their direct conversation with the bot at `botUrl`. */
  person(botUrl: string, number: number): SlackPerson {
    const person = new SlackPerson(number, (type, body) => this.#send(botUrl, type, body));
    this.#people.set(person.channel, person);
    return person;
  }

  async close(): Promise<void> {
    await this.#agent.close();
    this.#api.closeAllConnections();
    this.#api.close();
  }

  /** https://docs.slack.dev/authentication/verifying-requests-from-slack */
  async #send(botUrl: string, type: string, body: string): Promise<void> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const mac = createHmac('sha256', SLACK.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
    const answer = await request(`${botUrl}/slack/events`, {
      method: 'POST',
      headers: {
        'content-type': type,
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${mac}`,
      },
      body,
      dispatcher: this.#agent,
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`the bot answered ${answer.statusCode}`);
  }

  async #called(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const fields = new URLSearchParams(await text(incoming));
    const channel = fields.get('channel') ?? '';
    const blocks = fields.get('blocks');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, ...answerTo(incoming.url ?? '', fields) }));
    if (blocks !== null) this.#people.get(channel)?.drawn(JSON.parse(blocks));
  }
}

function answerTo(url: string, fields: URLSearchParams): Json {
  const channel = fields.get('channel');
  switch (url.split('/').at(-1)) {
    case 'auth.test':
      return { team_id: SLACK.team, user_id: BOT, bot_id: 'B0BOT' };
    case 'users.info':
      return { user: { id: fields.get('user'), team_id: SLACK.team, name: 'helene', locale: 'fr-FR' } };
    case 'conversations.info':
      return { channel: { id: channel, is_im: true } };
    default:
      return { channel, ts: '1700000000.000100' };
  }
}

/** Somebody who clicks what the last card offers. */
export class SlackPerson implements Walker {
  readonly channel: string;
  readonly #user: string;
  readonly #deliver: (type: string, body: string) => Promise<void>;
  #blocks: readonly Block[] = [];
  #wake: () => void = () => undefined;
  #sent = 0;

  constructor(number: number, deliver: (type: string, body: string) => Promise<void>) {
    this.#user = slackUser(number);
    this.channel = `D${number}`;
    this.#deliver = deliver;
  }

  /** The bot drew a card in the conversation. */
  drawn(blocks: readonly Block[]): void {
    this.#blocks = blocks;
    this.#wake();
  }

  /** Writes to the bot, which posts a card. */
  async say(text: string): Promise<void> {
    this.#sent += 1;
    await this.#andSeeIt('application/json', {
      type: 'event_callback',
      team_id: SLACK.team,
      event_id: `Ev${this.#user}${this.#sent}`,
      authorizations: [{ team_id: SLACK.team, user_id: BOT, is_bot: true }],
      event: {
        type: 'message',
        channel_type: 'im',
        channel: this.channel,
        user: this.#user,
        text,
        ts: '1.1',
      },
    });
  }

  /** Clicks, and waits until the card has changed. Gives how long the acknowledgement took, in ms. */
  async press(verb: string): Promise<number> {
    const button = this.#blocks
      .flatMap(({ elements = [] }) => elements)
      .find((one) => one.action_id === verb);
    if (button === undefined) throw new Error(`the card has no button ${verb}`);
    this.#sent += 1;
    return this.#andSeeIt('application/x-www-form-urlencoded', {
      type: 'block_actions',
      team: { id: SLACK.team },
      user: { id: this.#user, team_id: SLACK.team },
      trigger_id: `${this.#user}.${this.#sent}`,
      container: { type: 'message', message_ts: '1700000000.000100', channel_id: this.channel },
      channel: { id: this.channel },
      message: { type: 'message', ts: '1700000000.000100', blocks: this.#blocks },
      actions: [{ ...button, type: 'button', action_ts: '1.1' }],
    });
  }

  async #andSeeIt(type: string, payload: Json): Promise<number> {
    const seen = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const json = JSON.stringify(payload);
    const isForm = type === 'application/x-www-form-urlencoded';
    const started = performance.now();
    await this.#deliver(type, isForm ? new URLSearchParams({ payload: json }).toString() : json);
    const milliseconds = performance.now() - started;
    await seen;
    return milliseconds;
  }
}
