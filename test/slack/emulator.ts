import formbody from '@fastify/formbody';
import { createEmulator, type Emulator } from 'emulate';
import { type FastifyInstance, fastify } from 'fastify';
import manifest from '../../manifest/slack.json' with { type: 'json' };
import { freePort } from '../free-port.ts';
import { APP, BOT, type Message, TOKENS, type View } from './fake-slack.ts';
import type { SlackSide } from './person.ts';

// biome-ignore lint/suspicious/noExplicitAny: the Web API's answers
type Json = any;

/**
 * Slack's Web API by somebody who does not know this bot (https://emulate.dev), with the scopes of the manifest.
 * What the emulator does not show afterwards (views) is read from its answers on the way.
 */
export class EmulatedSlack implements SlackSide {
  readonly homes = new Map<string, Json>();
  readonly modals: View[] = [];
  /** What was said to one person alone. */
  readonly asides: { readonly user: string; readonly blocks: Json[] }[] = [];
  /** What the emulator refused to the bot. */
  readonly refused: string[] = [];
  readonly #emulator: Emulator;
  readonly #origin: string;
  readonly #way: FastifyInstance;
  #address = '';

  private constructor(emulator: Emulator, port: number) {
    this.#emulator = emulator;
    this.#origin = `http://127.0.0.1:${port}`;
    this.#way = fastify({ forceCloseConnections: true });
  }

  /** `people` work in the town hall, under their real names. */
  static async start(people: readonly string[]): Promise<EmulatedSlack> {
    const port = await freePort();
    const ids = { app_id: APP, bot_id: 'B0BOT', bot_user_id: BOT };
    const emulator = await createEmulator({
      service: 'slack',
      port,
      seed: {
        slack: {
          strict_scopes: true,
          users: people.map((name) => ({ name, real_name: name })),
          channels: [{ name: 'compta' }],
          oauth_apps: [
            { ...ids, client_id: '1.2', client_secret: 's', name: 'Chorus Pro', redirect_uris: [] },
          ],
          tokens: [
            { ...ids, token: TOKENS.bot, user_id: BOT, scopes: manifest.oauth_config.scopes.bot },
            { token: PERSON_TOKEN, user: people[0] },
          ],
        },
      },
    });
    const slack = new EmulatedSlack(emulator, port);
    await slack.#start();
    return slack;
  }

  get apiUrl(): string {
    return `${this.#address}/api/`;
  }

  async idOf(name: string): Promise<string> {
    const { members } = await this.ask('users.list', {});
    return members.find((member: Json) => member.name === name).id;
  }

  /** The messages of a conversation, oldest first. */
  async in(channel: string): Promise<Message[]> {
    const { messages } = await this.ask('conversations.history', { channel });
    return messages.reverse().map((message: Json) => ({ channel, edits: 0, ...message }));
  }

  /** As a click makes one; it lives for a minute, where Slack's live for 3 s, on whatever machine. */
  freshTrigger(user: string): Promise<string> {
    return this.#triggerMade(user, 60_000);
  }

  /** One that has died. */
  deadTrigger(user: string): Promise<string> {
    return this.#triggerMade(user, -60_000);
  }

  /** Slack's clock is ahead by so much while it makes one. */
  async #triggerMade(user: string, aheadMs: number): Promise<string> {
    const { now } = Date;
    Date.now = () => now() + aheadMs;
    try {
      const { trigger_id } = await this.#call('views.generateTriggerId', { user_id: user }, TOKENS.bot);
      return trigger_id;
    } finally {
      Date.now = now;
    }
  }

  /** Of a submission, which opens nothing. */
  trigger(): string {
    return 'none';
  }

  responseUrl(): undefined {
    return undefined;
  }

  /** Asks as a person would. */
  ask(method: string, fields: Record<string, string>): Promise<Json> {
    return this.#call(method, fields, PERSON_TOKEN);
  }

  async close(): Promise<void> {
    await this.#way.close();
    await this.#emulator.close();
  }

  async #start(): Promise<void> {
    await this.#way.register(formbody);
    this.#way.post('/api/:method', async (request) => {
      const { method } = request.params as { method: string };
      const fields = request.body as Record<string, string>;
      const answer = await this.#call(method, fields, request.headers.authorization?.slice('Bearer '.length));
      if (!answer.ok) this.refused.push(`${method}: ${answer.error}`);
      else this.#look(method, fields, answer.view);
      return answer;
    });
    this.#address = await this.#way.listen({ host: '127.0.0.1', port: 0 });
  }

  #look(
    method: string,
    { user = '', user_id = user, blocks = '[]' }: Record<string, string>,
    view: Json,
  ): void {
    if (method === 'chat.postEphemeral') this.asides.push({ user, blocks: JSON.parse(blocks) });
    if (method === 'views.publish') this.homes.set(user_id, view);
    if (method === 'views.open') this.modals.push({ id: view.id, user, view, open: true, errors: {} });
    const known = this.modals.find(({ id }) => method === 'views.update' && id === view.id);
    if (known !== undefined) known.view = view;
  }

  async #call(method: string, fields: Record<string, string>, token = ''): Promise<Json> {
    const answer = await fetch(`${this.#origin}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams(fields),
    });
    return answer.json();
  }
}

const PERSON_TOKEN = 'xoxp-person';
