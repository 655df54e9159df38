import { randomUUID } from 'node:crypto';
import formbody from '@fastify/formbody';
import { type FastifyInstance, fastify } from 'fastify';
import { SCOPES } from '../../src/bot/slack/oauth.ts';
import { homeProblems, messageProblems, modalProblems } from '../cards/slack-check.ts';
import { FakeSlackOAuth, type Workspace } from './fake-slack-oauth.ts';
import { FakeSlackSocket } from './fake-slack-socket.ts';

export const TOKENS = {
  bot: 'xoxb-fake-slack',
  app: 'xapp-fake-slack',
  signingSecret: '8f742231b10e8888abcd99yyyzzz85a5',
};
export const TEAM = 'T0MAIRIE';
export const APP = 'A0CHORUS';
export const BOT = 'U0BOT';

export interface User {
  readonly id: string;
  readonly name: string;
  readonly team?: string;
  readonly enterprise?: string;
  readonly locale?: string;
  readonly is_restricted?: boolean;
  readonly is_ultra_restricted?: boolean;
  readonly is_bot?: boolean;
}

export interface Channel {
  readonly id: string;
  readonly is_private?: boolean;
  readonly is_member?: boolean;
  readonly is_ext_shared?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: what a bot sends can be anything
type Json = any;

/** A message as people see it; `to` is set on what one person sees alone. */
export interface Message {
  readonly channel: string;
  readonly ts: string;
  readonly to?: string;
  readonly thread_ts?: string;
  text: string;
  blocks: Json[];
  edits: number;
}

export interface View {
  readonly id: string;
  readonly user: string;
  view: Json;
  open: boolean;
  errors: Record<string, string>;
}

export interface Call {
  readonly method: string;
  /** Where the token works with which it was made; undefined: none. */
  readonly where: Workspace | undefined;
  readonly fields: Record<string, string>;
  readonly at: number;
}

/** What a method answers instead, so many times; in one channel, or in all. */
interface Refusal {
  readonly method: string;
  readonly channel: string | undefined;
  readonly person: string | undefined;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Json;
  times: number;
}

/** A trigger dies after 3 s, and can be used once; here it is as old as whoever made it has said, however slow the machine.
 * https://docs.slack.dev/interactivity/handling-user-interaction */
const TRIGGER_LIFE = 3_000;
/** https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
const RESPONSES = 5;

/**
 * slack.com as far as the bot sees it, on loopback: the Web API, the addresses of answers, and Socket Mode.
 * It refuses what Slack's documentation says that Slack refuses.
 */
export class FakeSlack {
  readonly users = new Map<string, User>();
  /** People of other workspaces, as `T…/U…`: an id may stand for somebody else there. */
  readonly elsewhere = new Map<string, User>();
  readonly oauth = new FakeSlackOAuth('U0ADMIN', BOT);
  readonly socket = new FakeSlackSocket();
  readonly channels = new Map<string, Channel>();
  readonly messages: Message[] = [];
  readonly views: View[] = [];
  readonly homes = new Map<string, Json>();
  readonly calls: Call[] = [];
  /** The keys of the response addresses that were asked, each time. */
  readonly responses: string[] = [];
  /** What the bot sent that Slack would have refused. */
  readonly refused: string[] = [];
  /** What the application may do; Slack says it with every answer. */
  scopes: readonly string[] = SCOPES;
  readonly #app: FastifyInstance;
  readonly #refusals: Refusal[] = [];
  readonly #triggers = new Map<string, { user: string; ageMs: number; used: boolean }>();
  readonly #responses = new Map<string, { message: Message; user: string; left: number }>();
  #origin = '';
  #ts = 1_700_000_000;

  constructor(app: FastifyInstance) {
    this.#app = app;
    this.oauth.tokens.set(TOKENS.bot, { team: TEAM });
  }

  get apiUrl(): string {
    return `${this.#origin}/api/`;
  }

  get isConnected(): boolean {
    return this.socket.open > 0;
  }

  async start(): Promise<void> {
    await this.#app.register(formbody);
    this.oauth.mount(this.#app);
    this.#app.post('/api/:method', async (request, reply) => {
      const { method } = request.params as { method: string };
      const fields = (request.body ?? {}) as Record<string, string>;
      const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
      const where = this.oauth.tokens.get(token);
      this.calls.push({ method, where, fields, at: Date.now() });
      const refusal = this.#refusal(method, fields.channel, fields.user_id ?? fields.user);
      if (refusal !== undefined)
        return reply.code(refusal.status).headers(refusal.headers).send(refusal.body);
      if (method === 'oauth.v2.access') return this.oauth.access(fields);
      if (method === 'apps.connections.open' && token === TOKENS.app)
        return { ok: true, url: `${this.#origin.replace('http', 'ws')}/link` };
      if (where === undefined) return { ok: false, error: 'invalid_auth' };
      if (method === 'auth.revoke') return { ok: true, revoked: this.oauth.tokens.delete(token) };
      const answer = this.#answer(method, fields, where);
      if (answer.ok === false && answer.problems !== undefined)
        this.refused.push(`${method}: ${answer.problems}`);
      return reply.header('x-oauth-scopes', this.scopes.join()).send(answer);
    });
    this.#app.post('/actions/:key', async (request, reply) => {
      const { key } = request.params as { key: string };
      const response = this.#responses.get(key);
      this.responses.push(key);
      const refusal = this.#refusal('response_url', response?.message.channel);
      if (refusal !== undefined)
        return reply.code(refusal.status).headers(refusal.headers).send(refusal.body);
      if (response === undefined || response.left === 0)
        return reply.code(404).send({ ok: false, error: 'used_url' });
      response.left -= 1;
      const { text, blocks, replace_original } = request.body as Json;
      const problems = messageProblems({ text, blocks });
      if (problems.length > 0) this.refused.push(`response_url: ${problems}`);
      const { channel } = response.message;
      if (replace_original)
        Object.assign(response.message, { text, blocks, edits: response.message.edits + 1 });
      else this.#post({ channel, to: response.user, text, blocks });
      return { ok: true };
    });
    this.#origin = await this.#app.listen({ host: '127.0.0.1', port: 0 });
    this.socket.mount(this.#app.server);
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.#app.close();
  }

  limit(method: string, seconds: number, times = 1, channel?: string): void {
    this.answer(method, { ok: false, error: 'ratelimited' }, times, {
      status: 429,
      headers: { 'retry-after': String(seconds) },
      channel,
    });
  }

  /** Answers the next calls of a method with this: all of them, those to a channel or those about a person. */
  answer(
    method: string,
    body: Json,
    times = 1,
    more: Partial<Pick<Refusal, 'status' | 'headers' | 'channel' | 'person'>> = {},
  ): void {
    const { status = 200, headers = {}, channel, person } = more;
    this.#refusals.push({ method, channel, person, status, headers, body, times });
  }

  trigger(user: string, ageMs = 0): string {
    const trigger = `${randomUUID()}.trigger`;
    this.#triggers.set(trigger, { user, ageMs, used: false });
    return trigger;
  }

  /** The address by which what `user` does on a message can be answered. */
  responseUrl(message: Message, user: string): string {
    const key = randomUUID();
    this.#responses.set(key, { message, user, left: RESPONSES });
    return `${this.#origin}/actions/${key}`;
  }

  /** What stands in a conversation and everybody there sees. */
  in(channel: string): Message[] {
    return this.messages.filter((message) => message.channel === channel && message.to === undefined);
  }

  /** What one person alone sees. */
  seenBy(user: string): Message[] {
    return this.messages.filter(({ to }) => to === user);
  }

  #refusal(method: string, channel: string | undefined, person?: string): Refusal | undefined {
    const refusal = this.#refusals.find(
      (one) =>
        one.times > 0 &&
        one.method === method &&
        (one.channel ?? channel) === channel &&
        (one.person ?? person) === person,
    );
    if (refusal !== undefined) refusal.times -= 1;
    return refusal;
  }

  #answer(method: string, fields: Record<string, string>, where: Workspace): Json {
    const json = (name: string) => JSON.parse(fields[name] ?? 'null');
    switch (method) {
      case 'auth.test':
        return {
          ok: true,
          team_id: where.team,
          user_id: BOT,
          bot_id: 'B0BOT',
          ...(where.enterprise === undefined ? {} : { enterprise_id: where.enterprise }),
          is_enterprise_install: where.isOrgWide === true,
        };
      case 'users.info': {
        const id = fields.user ?? '';
        const user = this.elsewhere.get(`${fields.team_id ?? where.team}/${id}`) ?? this.users.get(id);
        if (user === undefined) return { ok: false, error: 'user_not_found' };
        const { name, team = TEAM, enterprise, locale = 'fr-FR', ...rest } = user;
        const withLocale = fields.include_locale === 'true' ? { locale } : {};
        const ofGrid = enterprise === undefined ? {} : { enterprise_user: { enterprise_id: enterprise } };
        return {
          ok: true,
          user: { ...rest, team_id: team, profile: { real_name: name }, ...withLocale, ...ofGrid },
        };
      }
      case 'conversations.info': {
        const channel = this.#channel(fields.channel ?? '');
        return channel === undefined ? { ok: false, error: 'channel_not_found' } : { ok: true, channel };
      }
      case 'chat.postMessage':
      case 'chat.postEphemeral': {
        const given = fields.channel ?? '';
        const channel = this.#people().includes(given) ? directOf(given) : given;
        const known = this.#channel(channel);
        if (known === undefined) return { ok: false, error: 'channel_not_found' };
        if (known.is_member === false) return { ok: false, error: 'not_in_channel' };
        const message = { text: fields.text ?? '', blocks: json('blocks') };
        const problems = messageProblems(message);
        if (problems.length > 0) return { ok: false, error: 'invalid_blocks', problems };
        const thread = fields.thread_ts === undefined ? {} : { thread_ts: fields.thread_ts };
        const to = method === 'chat.postEphemeral' ? { to: fields.user ?? '' } : {};
        const posted = this.#post({ channel, ...thread, ...to, ...message });
        return { ok: true, channel, [to.to === undefined ? 'ts' : 'message_ts']: posted.ts };
      }
      case 'chat.update': {
        const message = this.in(fields.channel ?? '').find(({ ts }) => ts === fields.ts);
        if (message === undefined) return { ok: false, error: 'message_not_found' };
        const drawn = { text: fields.text ?? '', blocks: json('blocks') };
        const problems = messageProblems(drawn);
        if (problems.length > 0) return { ok: false, error: 'invalid_blocks', problems };
        Object.assign(message, drawn, { edits: message.edits + 1 });
        return { ok: true, channel: message.channel, ts: message.ts };
      }
      case 'views.open': {
        const trigger = this.#triggers.get(fields.trigger_id ?? '');
        if (trigger === undefined) return { ok: false, error: 'invalid_trigger_id' };
        if (trigger.used) return { ok: false, error: 'exchanged_trigger_id' };
        if (trigger.ageMs > TRIGGER_LIFE) return { ok: false, error: 'expired_trigger_id' };
        trigger.used = true;
        const problems = modalProblems(json('view'));
        if (problems.length > 0) return { ok: false, error: 'invalid_arguments', problems };
        const view = {
          id: `V${this.views.length}`,
          user: trigger.user,
          view: json('view'),
          open: true,
          errors: {},
        };
        this.views.push(view);
        return { ok: true, view: { id: view.id } };
      }
      case 'views.update': {
        const view = this.views.find(({ id, open }) => id === fields.view_id && open);
        if (view === undefined) return { ok: false, error: 'not_found' };
        const problems = modalProblems(json('view'));
        if (problems.length > 0) return { ok: false, error: 'invalid_arguments', problems };
        view.view = json('view');
        return { ok: true, view: { id: view.id } };
      }
      case 'views.publish': {
        const problems = homeProblems(json('view'));
        if (problems.length > 0) return { ok: false, error: 'invalid_arguments', problems };
        this.homes.set(fields.user_id ?? '', json('view'));
        return { ok: true, view: { id: 'V-home' } };
      }
      default:
        return { ok: false, error: 'unknown_method' };
    }
  }

  #channel(id: string): Json {
    if (id.startsWith('D')) {
      const isOurs = this.#people().some((user) => directOf(user) === id);
      return isOurs ? { id, is_im: true } : undefined;
    }
    const channel = this.channels.get(id);
    if (channel === undefined || (channel.is_private === true && channel.is_member === false))
      return undefined;
    return { is_channel: true, is_member: true, is_ext_shared: false, ...channel };
  }

  #people(): string[] {
    return [...this.users.keys(), ...[...this.elsewhere.keys()].map((key) => key.split('/')[1] ?? '')];
  }

  #post(message: Omit<Message, 'ts' | 'edits'>): Message {
    this.#ts += 1;
    const posted = { ...message, ts: `${this.#ts}.000100`, edits: 0 };
    this.messages.push(posted);
    return posted;
  }
}

/** The conversation of a person with the bot. */
export function directOf(user: string): string {
  return user.replace('U', 'D');
}

export async function startSlack(): Promise<FakeSlack> {
  const slack = new FakeSlack(fastify({ forceCloseConnections: true }));
  await slack.start();
  return slack;
}
