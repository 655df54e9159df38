import type { Logger, LogLevel, webApi } from '@slack/bolt';
import { LruMap } from 'toad-cache';
import { PlaceGone, TryLater } from '../channel.ts';
import { patiently } from '../outgoing/retries.ts';
import { isTokenDead, translated } from './errors.ts';
import { slackFetch } from './fetch.ts';
import type { Workspaces } from './workspaces.ts';

type Client = webApi.WebClient;

/**
 * How long a call waits for its turn and for Slack's pauses, all together. More is the caller's to wait for, since one
 * who has given up must not be overtaken by the call: with the last attempt it is less than `DELIVERY_PACE.patienceMs`.
 */
const LONGEST_WAIT_MS = 8_000;
/** When a call that stood in line for too long is to be made again. */
const IN_LINE_AGAIN_MS = 1_000;
/** For each attempt to reach Slack. */
export const CALL_TIMEOUT_MS = 10_000;
/** Workspaces whose client is kept. */
const MOST_CLIENTS = 500;

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

/** How Slack's client behaves: it makes each call once. Whether it is made again is decided in one place, `outgoing/retries`. */
export function clientOptions({ apiUrl }: { readonly apiUrl: string | undefined }): webApi.WebClientOptions {
  return {
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    timeout: CALL_TIMEOUT_MS,
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
  readonly #known = new LruMap<Client>(MOST_CLIENTS);

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

/**
 * Calls in one line (a channel, somebody's Home) go out one after the other, in the order in which they were asked
 * for. What is transient holds up only its own line: the call is made again before the next one of the line.
 * Throws {@link TryLater} where that takes too long.
 */
export class Lines {
  readonly #ends = new Map<string, Promise<unknown>>();

  /** How many lines have a call that is not answered yet. */
  get size(): number {
    return this.#ends.size;
  }

  join<Answer>(line: string, call: () => Promise<Answer>): Promise<Answer> {
    const before = this.#ends.get(line) ?? Promise.resolve();
    const until = performance.now() + LONGEST_WAIT_MS;
    const done = before.then(() => {
      const leftMs = until - performance.now();
      if (leftMs <= 0) throw new TryLater(IN_LINE_AGAIN_MS);
      return patiently(call, leftMs);
    });
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

/** What the bot asks of Slack's Web API, with the token of the workspace. Throws what `translated` makes of a refusal. */
export class SlackCalls {
  readonly #workspaces: Workspaces;
  readonly #tokenRefused: () => void;
  readonly #lines = new Lines();

  /** `tokenRefused` is called where Slack says of a call that its token will never work again. */
  constructor(workspaces: Workspaces, tokenRefused: () => void = () => undefined) {
    this.#workspaces = workspaces;
    this.#tokenRefused = tokenRefused;
  }

  /** Makes the call once. Throws {@link PlaceGone} where the bot is not installed there (any more). */
  async once<Answer>(team: string | undefined, call: (api: Client) => Promise<Answer>): Promise<Answer> {
    try {
      // Tokens change, and are taken back.
      const workspace = await this.#workspaces.find(team);
      if (workspace === undefined) throw new PlaceGone('not_installed');
      return await call(workspace.api);
    } catch (error) {
      if (isTokenDead(error)) this.#tokenRefused();
      throw translated(error);
    }
  }

  /** As {@link Lines} says. */
  inLine<Answer>(
    team: string | undefined,
    line: string,
    call: (api: Client) => Promise<Answer>,
  ): Promise<Answer> {
    return this.#lines.join(`${team}/${line}`, () => this.once(team, call));
  }
}
