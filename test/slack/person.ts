import { createHmac, randomUUID } from 'node:crypto';
import { asTyped } from '../as-typed.ts';
import { APP, BOT, directOf, type FakeSlack, type Message, TEAM, TOKENS, type View } from './fake-slack.ts';
import type { Workspace } from './fake-slack-oauth.ts';

// biome-ignore lint/suspicious/noExplicitAny: what Slack sends is written here by hand
type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** How what people do reaches the bot: signed over HTTP, or over the web socket. */
export type Delivery = (
  kind: 'command' | 'event' | 'interactive',
  payload: Json,
  retry?: number,
) => Promise<Answer>;

export interface Signing {
  readonly secret?: string;
  /** Seconds that our clock is ahead. */
  readonly ahead?: number;
}

/** The headers with which Slack signs a body. */
export function signed(body: string, { secret = TOKENS.signingSecret, ahead = 0 }: Signing = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000) + ahead);
  const mac = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${mac}` };
}

/** `send`: as `fetch`, where the bot's certificate is not one of those that Node trusts. */
export function overHttp(botUrl: string, send: typeof fetch = fetch): Delivery {
  return async (kind, payload, retry) => {
    const isEvent = kind === 'event';
    const body = isEvent
      ? JSON.stringify(payload)
      : String(new URLSearchParams(kind === 'command' ? payload : { payload: JSON.stringify(payload) }));
    const answer = await send(`${botUrl}/slack/events`, {
      method: 'POST',
      headers: {
        'content-type': isEvent ? 'application/json' : 'application/x-www-form-urlencoded',
        ...signed(body),
        ...(retry === undefined ? {} : { 'x-slack-retry-num': String(retry) }),
      },
      body,
    });
    const text = await answer.text();
    return {
      status: answer.status,
      body: text === '' ? '' : JSON.parse(text),
    };
  };
}

export function overSocket(slack: FakeSlack): Delivery {
  const types = { command: 'slash_commands', event: 'events_api', interactive: 'interactive' } as const;
  return async (kind, payload) => {
    // Slack never sends one, and its own client could not read it.
    if (kind === 'event' && payload?.event?.type === undefined) throw new Error('an event without a type');
    return { status: 200, body: await slack.socket.deliver(types[kind], payload) };
  };
}

/** What a client needs of Slack to click on what it shows. */
export interface SlackSide {
  readonly homes: ReadonlyMap<string, Json>;
  trigger(user: string): string;
  responseUrl(message: Message, user: string): string | undefined;
}

/** Somebody with Slack open: sees what it shows them, and clicks. `direct` is their conversation with the bot. */
export class SlackPerson {
  readonly id: string;
  readonly direct: string;
  readonly #slack: SlackSide;
  readonly #deliver: Delivery;
  /** Where what they do comes from, as Slack says it. */
  readonly #where: Workspace;

  constructor(
    id: string,
    slack: SlackSide,
    deliver: Delivery,
    {
      direct = directOf(id),
      where = { team: TEAM },
    }: { direct?: string; where?: Workspace | undefined } = {},
  ) {
    this.id = id;
    this.direct = direct;
    this.#where = where;
    this.#slack = slack;
    this.#deliver = deliver;
  }

  command(channel: string, text: string, trigger = this.#slack.trigger(this.id)): Promise<Answer> {
    const hidden: Message = { channel, to: this.id, ts: '', text: '', blocks: [], edits: 0 };
    return this.#deliver('command', {
      command: '/chorus',
      text,
      team_id: this.#where.team,
      ...(this.#where.enterprise === undefined ? {} : { enterprise_id: this.#where.enterprise }),
      is_enterprise_install: String(this.#where.isOrgWide === true),
      user_id: this.id,
      channel_id: channel,
      trigger_id: trigger,
      response_url: this.#slack.responseUrl(hidden, this.id) ?? '',
      api_app_id: APP,
    });
  }

  /** Writes to the bot; the same `event` again is the same message, delivered twice. */
  write(text: string, event = `Ev${randomUUID()}`, retry?: number): Promise<Answer> {
    const said = {
      type: 'message',
      channel_type: 'im',
      channel: this.direct,
      user: this.id,
      text,
      ts: '1.1',
    };
    return this.#event(said, event, retry);
  }

  mention(
    channel: string,
    text: string,
    more: object = {},
    event = `Ev${randomUUID()}`,
    retry?: number,
  ): Promise<Answer> {
    const said = {
      type: 'app_mention',
      channel,
      user: this.id,
      text: `<@${BOT}> ${text}`,
      ts: '1.1',
      ...more,
    };
    return this.#event(said, event, retry);
  }

  /** Invites the bot. */
  invite(channel: string, event: string): Promise<Answer> {
    return this.#event({ type: 'member_joined_channel', channel, user: BOT, inviter: this.id }, event);
  }

  openHome(): Promise<Answer> {
    const opened = { type: 'app_home_opened', user: this.id, channel: this.direct, tab: 'home' };
    return this.#event(opened, `Ev${randomUUID()}`);
  }

  /** Clicks a button by its words, on a message or, without one, on the Home. */
  click(
    label: string,
    message?: Message,
    more: { trigger?: string; chosen?: Readonly<Record<string, string>> } = {},
  ) {
    const blocks = message?.blocks ?? this.#slack.homes.get(this.id)?.blocks ?? [];
    const button = buttonsOf(blocks).find(({ text }) => asTyped(text.text) === asTyped(label));
    if (button === undefined) throw new Error(`no button ${label} in ${wordsOf(blocks)}`);
    return this.press(button, message, more);
  }

  /** Sends the click of a button, whatever it looks like. */
  press(
    button: Json,
    message?: Message,
    more: { trigger?: string; chosen?: Readonly<Record<string, string>> } = {},
  ) {
    const blocks = message?.blocks ?? this.#slack.homes.get(this.id)?.blocks ?? [];
    const state = { values: { ...choicesOf(blocks, more.chosen ?? {}) } };
    return this.#deliver('interactive', {
      type: 'block_actions',
      ...this.#from(),
      api_app_id: APP,
      trigger_id: more.trigger ?? this.#slack.trigger(this.id),
      // Slack names a button that has no name of its own.
      actions: [{ type: 'button', action_id: 'Xq1', ...button, action_ts: '1.1' }],
      ...(message === undefined
        ? { container: { type: 'view', view_id: 'V-home' }, view: { id: 'V-home', type: 'home', state } }
        : {
            container: {
              type: 'message',
              message_ts: message.ts,
              channel_id: message.channel,
              is_ephemeral: message.to !== undefined,
              ...(message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts }),
            },
            channel: { id: message.channel },
            response_url: this.#slack.responseUrl(message, this.id),
            state,
          }),
    });
  }

  /** Submits a modal, and does with it what the bot's answer says, as Slack's client does. It may drop a block. */
  async submit(
    view: View,
    typed: Record<string, string>,
    more: { metadata?: string; dropped?: readonly string[] } = {},
  ): Promise<Answer> {
    const inputs = view.view.blocks.filter(
      ({ type, block_id }: Json) => type === 'input' && more.dropped?.includes(block_id) !== true,
    );
    const values = Object.fromEntries(
      inputs.map(({ block_id, element }: Json) => [
        block_id,
        {
          [element.action_id]:
            element.type === 'radio_buttons'
              ? { type: element.type, selected_option: chosenOf(element, typed[block_id]) }
              : { type: element.type, value: typed[block_id] ?? element.initial_value ?? null },
        },
      ]),
    );
    const answer = await this.#deliver('interactive', {
      type: 'view_submission',
      ...this.#from(),
      api_app_id: APP,
      trigger_id: this.#slack.trigger(this.id),
      view: {
        ...view.view,
        id: view.id,
        private_metadata: more.metadata ?? view.view.private_metadata,
        state: { values },
      },
    });
    const errors = answer.body?.response_action === 'errors' ? answer.body.errors : {};
    view.errors = Object.fromEntries(
      Object.entries(errors).map(([field, error]) => [field, asTyped(String(error))]),
    );
    if (answer.body?.response_action === 'update') view.view = answer.body.view;
    else if (answer.body?.response_action !== 'errors') view.open = false;
    return answer;
  }

  #event(event: Json, id: string, retry?: number): Promise<Answer> {
    const { team, enterprise = null, isOrgWide = false } = this.#where;
    const body = {
      type: 'event_callback',
      team_id: team,
      api_app_id: APP,
      event_id: id,
      event,
      authorizations: [
        { enterprise_id: enterprise, team_id: team, user_id: BOT, is_enterprise_install: isOrgWide },
      ],
    };
    return this.#deliver('event', body, retry);
  }

  /** An application that was installed for an organisation is not told the team. */
  #from(): Json {
    const { team, enterprise, isOrgWide = false } = this.#where;
    return {
      team: isOrgWide ? null : { id: team },
      enterprise: enterprise === undefined ? null : { id: enterprise },
      is_enterprise_install: isOrgWide,
      user: { id: this.id, team_id: team },
    };
  }
}

function chosenOf({ options, initial_option }: Json, chosen: string | undefined): Json {
  return options.find(({ value }: Json) => value === chosen) ?? initial_option ?? null;
}

/** All that can be read in these blocks. */
export function wordsOf(blocks: Json): string {
  const words: string[] = [];
  JSON.stringify(blocks, (key, value) => {
    if (key === 'text' && typeof value === 'string') words.push(value);
    return value;
  });
  return asTyped(words.join(' ')).replace(/\s+/g, ' ');
}

export function labelsOf(blocks: Json[]): string[] {
  return buttonsOf(blocks).map(({ text }) => asTyped(text.text));
}

function buttonsOf(blocks: Json[]): Json[] {
  return blocks.filter(({ type }) => type === 'actions').flatMap(({ elements }) => elements);
}

/** What stands in the choices of these blocks, or what was chosen, whether it was offered or not. */
function choicesOf(blocks: Json[], chosen: Readonly<Record<string, string>>): Json {
  const choices = blocks.filter(({ accessory }) => accessory?.type === 'static_select');
  return Object.fromEntries(
    choices.map(({ accessory: { action_id: name, initial_option } }, i) => {
      const selected_option = chosen[name] === undefined ? initial_option : { value: chosen[name] };
      return [`b${i}`, { [name]: { type: 'static_select', selected_option } }];
    }),
  );
}
