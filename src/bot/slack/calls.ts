import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, LogLevel, webApi } from '@slack/bolt';
import { visibleName } from '../../invisible.ts';
import { MessageGone, PlaceGone, TryLater } from '../channel.ts';
import { slackFetch } from './fetch.ts';

type Client = webApi.WebClient;

/** For as long as that, in ms, what Slack said of a person or a channel is believed. */
const BELIEVED = 5 * 60_000;
const REMEMBERED_AT_MOST = 2_000;
/** Slack's code for « too many requests », from its own client. */
export const RATE_LIMITED = 'slack_webapi_rate_limited_error';

/**
 * In ms: so long a call waits for its turn and for Slack's pauses, all together. More is the caller's to wait for, since
 * one who has given up must not be overtaken by the call: with Slack's own attempts it is less than `DELIVERY_PACE.patience`.
 */
const LONGEST_WAIT = 8_000;
/** When a call that stood in line for too long is to be made again, in ms. */
const IN_LINE_AGAIN = 1_000;

/** In ms, for each attempt to reach Slack. */
export const CALL_TIMEOUT = 10_000;

/** Bolt and Slack's client log whole payloads; what matters of them is logged here. */
export const SILENT: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  setName() {},
  getLevel: () => 'error' as LogLevel,
};

/** How Slack's client behaves: a call that fails on the way is made again; a 429 is ours to obey (`Lines`). */
export function clientOptions({ apiUrl }: { readonly apiUrl: string | undefined }): webApi.WebClientOptions {
  return {
    rejectRateLimitedCalls: true,
    // The last attempt begins 12 s after the first at the latest.
    retryConfig: { retries: 3, factor: 2, minTimeout: 500, randomize: true, maxRetryTime: 8_000 },
    timeout: CALL_TIMEOUT,
    fetch: slackFetch,
    logger: SILENT,
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
  };
}

/** With a `team`, the token is its organisation's, and is told where it speaks. */
export async function openClient(
  token: string | undefined,
  config: { readonly apiUrl: string | undefined },
  team?: string,
): Promise<Client> {
  // Bolt takes longer to load than all the rest: only where Slack is on.
  const { webApi } = await import('@slack/bolt');
  return new webApi.WebClient(token, {
    ...clientOptions(config),
    ...(team === undefined ? {} : { teamId: team }),
  });
}

/** One client for each workspace, until its token changes. */
export class Clients {
  readonly #config: { readonly apiUrl: string | undefined };
  readonly #known = new Map<string, Client>();

  constructor(config: { readonly apiUrl: string | undefined }) {
    this.#config = config;
  }

  /** `isOrgWide`: the token is the organisation's. */
  async of(team: string, token: string | undefined, isOrgWide: boolean): Promise<Client> {
    const known = this.#known.get(team);
    if (known !== undefined && known.token === token) return known;
    const client = await openClient(token, this.#config, isOrgWide ? team : undefined);
    this.#known.set(team, client);
    return client;
  }
}

/** Someone in Slack, as far as the bot cares. */
export interface Member {
  /** Of the workspace that the person belongs to, wherever they write from. */
  readonly team: string;
  readonly enterprise: string | undefined;
  readonly name: string;
  readonly locale: string;
  /** A guest, an application, somebody who left. */
  readonly isOutsider: boolean;
}

export type Conversation = 'direct' | 'channel' | 'shared' | 'absent';

/**
 * Calls in one line (a channel, somebody's Home) go out one after the other, in the order in which they were asked
 * for. Slack's 429 holds up only its own line, for as long as `Retry-After` says, and the call is then made again.
 * Throws {@link TryLater} where that is too long.
 */
export class Lines {
  readonly #ends = new Map<string, Promise<unknown>>();

  join<Answer>(line: string, call: () => Promise<Answer>): Promise<Answer> {
    const before = this.#ends.get(line) ?? Promise.resolve();
    const until = performance.now() + LONGEST_WAIT;
    const done = before.then(() => obeying(call, until));
    const end = done.then(
      () => undefined,
      () => undefined,
    );
    this.#ends.set(line, end);
    void end.then(() => {
      if (this.#ends.get(line) === end) this.#ends.delete(line);
    });
    return done;
  }
}

/** `until`, by `performance.now()`, is when the call may begin at the latest. */
async function obeying<Answer>(
  call: () => Promise<Answer>,
  until = performance.now() + LONGEST_WAIT,
): Promise<Answer> {
  if (performance.now() > until) throw new TryLater(IN_LINE_AGAIN);
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const { code, retryAfter } = error as { code?: string; retryAfter?: number };
      if (code !== RATE_LIMITED || retryAfter === undefined) throw error;
      const pause = Math.max(retryAfter, 1) * 1000;
      if (performance.now() + pause > until) throw new TryLater(pause, { cause: error });
      await sleep(pause);
    }
  }
}

/** What the bot asks of Slack's Web API in one workspace, at the pace that Slack allows. */
export class SlackCalls {
  readonly #client: () => Promise<Client>;
  readonly #lines = new Lines();
  readonly #members = new Remembered((user) => this.#readMember(user));
  readonly #conversations = new Remembered((channel) => this.#readConversation(channel));

  /** `client` is asked for each call: tokens change, and are taken back. */
  constructor(client: () => Promise<Client>) {
    this.#client = client;
  }

  member(user: string): Promise<Member> {
    return this.#members.of(user);
  }

  /** What kind of conversation this is; `absent` where the bot does not take part in it. */
  conversation(channel: string): Promise<Conversation> {
    return this.#conversations.of(channel);
  }

  /** Something has changed in this conversation: it is asked about anew. */
  forget(channel: string): void {
    this.#conversations.forget(channel);
  }

  /** As {@link Lines} says. */
  inLine<Answer>(line: string, call: (api: Client) => Promise<Answer>): Promise<Answer> {
    return this.#lines.join(line, this.#with(call));
  }

  #with<Answer>(call: (api: Client) => Promise<Answer>): () => Promise<Answer> {
    return async () => call(await this.#client());
  }

  async #readMember(user: string): Promise<Member> {
    const { user: found } = await obeying(
      this.#with((api) => api.users.info({ user, include_locale: true })),
    );
    return {
      team: found?.team_id ?? '',
      enterprise: found?.enterprise_user?.enterprise_id,
      name: visibleName(found?.profile?.real_name || found?.real_name || found?.name || ''),
      locale: found?.locale ?? '',
      isOutsider:
        found === undefined ||
        [found.is_restricted, found.is_ultra_restricted, found.is_bot, found.deleted].includes(true),
    };
  }

  async #readConversation(channel: string): Promise<Conversation> {
    try {
      const { channel: found } = await obeying(this.#with((api) => api.conversations.info({ channel })));
      if (found?.is_im === true) return 'direct';
      if (found === undefined || found.is_member === false) return 'absent';
      return found.is_ext_shared === true || found.is_pending_ext_shared === true ? 'shared' : 'channel';
    } catch (error) {
      // A private conversation without the bot looks to it as if there were none.
      if (platformError(error) === 'channel_not_found') return 'absent';
      throw error;
    }
  }
}

/** Slack's own word for what was wrong with a call, such as `channel_not_found`. */
export function platformError(error: unknown): string | undefined {
  // Anything may be thrown.
  const { data } = (error ?? {}) as { data?: { error?: unknown } };
  return typeof data?.error === 'string' ? data.error : undefined;
}

const GONE = new Set([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'user_not_found',
  'messages_tab_disabled',
]);
const MESSAGE_GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

/** What Slack's refusal of a card means to the bot. */
export function asGone(error: unknown): unknown {
  const reason = platformError(error) ?? '';
  if (MESSAGE_GONE.has(reason)) return new MessageGone(reason, { cause: error });
  return GONE.has(reason) ? new PlaceGone(reason, { cause: error }) : error;
}

/** Keeps the last answers for a while. A question that failed is asked again. */
class Remembered<Answer> {
  readonly #ask: (key: string) => Promise<Answer>;
  readonly #answers = new Map<string, { readonly until: number; readonly answer: Promise<Answer> }>();

  constructor(ask: (key: string) => Promise<Answer>) {
    this.#ask = ask;
  }

  forget(key: string): void {
    this.#answers.delete(key);
  }

  of(key: string): Promise<Answer> {
    const known = this.#answers.get(key);
    if (known !== undefined && known.until > Date.now()) return known.answer;
    const answer = this.#ask(key);
    this.#answers.delete(key);
    this.#answers.set(key, { until: Date.now() + BELIEVED, answer });
    answer.catch(() => this.#answers.delete(key));
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > REMEMBERED_AT_MOST && oldest !== undefined) this.#answers.delete(oldest);
    return answer;
  }
}
