import { LruMap } from 'toad-cache';
import { renderMessage } from '../../cards/block-kit.ts';
import type { Card } from '../../cards/card.ts';
import type { Log } from '../../log.ts';
import { MessageGone, type Place, type Posted, TryLater } from '../channel.ts';
import { patiently } from '../outgoing/retries.ts';
import { addressOf, directPlace } from './addresses.ts';
import { CALL_TIMEOUT_MS, Lines, type SlackCalls } from './calls.ts';
import { isTransientStatus, refusalFields, TRY_AGAIN_AFTER_MS, translated } from './errors.ts';
import { slackFetch } from './fetch.ts';
import { readRefusal } from './payloads.ts';

/** Somebody who is answered alone. The more is known of where they are, the nearer the answer. */
export interface Addressee {
  readonly team: string | undefined;
  readonly user: string;
  /** Where they did what is answered; undefined: in their Home. */
  readonly channel?: string | undefined;
  readonly thread?: string | undefined;
  /** The address that came with what they did. It works five times within 30 minutes. */
  readonly responseUrl?: string | undefined;
}

/** So long one way to a person is tried before the next one. The last one is tried for as long as anybody waits. */
const PATIENCE_WITH_ONE_WAY_MS = 20_000;

const RESPONSE_URL_LIFE_MS = 30 * 60_000;
const MOST_SPENT = 2_000;

export interface SlackRepliesOptions {
  readonly calls: SlackCalls;
  readonly apiUrl: string | undefined;
  readonly log: Log;
}

type Way = () => Promise<unknown>;

/** What one person alone sees. Where Slack refuses one way to them for good, the next one is taken. */
export class SlackReplies {
  readonly #options: SlackRepliesOptions;
  readonly #responses = new Lines();
  /** Addresses that take nothing any more. */
  readonly #spent = new LruMap<true>(MOST_SPENT, RESPONSE_URL_LIFE_MS);

  constructor(options: SlackRepliesOptions) {
    this.#options = options;
  }

  /** Posts a card for everybody there. */
  async show(place: Place, card: Card): Promise<Posted> {
    const { team, channel, thread } = addressOf(place);
    const sent = await this.#options.calls.inLine(team, channel, (api) =>
      api.chat.postMessage({
        channel,
        ...renderMessage(card),
        ...(thread === undefined ? {} : { thread_ts: thread }),
        unfurl_links: false,
        unfurl_media: false,
      }),
    );
    // What was sent to a person stands in a channel of its own, by which it is updated.
    const address = { ...place.address, channel: sent.channel ?? channel };
    return { place: { ...place, address }, message: sent.ts ?? '' };
  }

  /** Shows a card to this person alone: by the address that came with what they did, in the channel, in their own conversation. */
  async toOne(addressee: Addressee, card: Card): Promise<void> {
    const { responseUrl } = addressee;
    const byUrl: Way[] = responseUrl === undefined ? [] : [() => this.#respond(responseUrl, card, false)];
    await this.#firstThatWorks([...byUrl, ...this.#ways(addressee, card)]);
  }

  /** Replaces what this person alone sees, of which `responseUrl` is the address, or shows it to them anew. */
  async replace(addressee: Addressee & { readonly responseUrl: string }, card: Card): Promise<void> {
    await this.#firstThatWorks([
      () => this.#respond(addressee.responseUrl, card, true),
      ...this.#ways(addressee, card),
    ]);
  }

  async #firstThatWorks(ways: readonly Way[]): Promise<void> {
    for (const way of ways.slice(0, -1)) {
      try {
        await patiently(way, PATIENCE_WITH_ONE_WAY_MS);
        return;
      } catch (error) {
        this.#options.log.warn('slack.notAnswered', { platform: 'slack', ...refusalFields(error) });
      }
    }
    const last = ways.at(-1);
    if (last === undefined) throw new Error('there is no way to answer in Slack');
    await patiently(last);
  }

  #ways({ team, user, channel, thread }: Addressee, card: Card): Way[] {
    const { calls } = this.#options;
    const inThread = thread === undefined ? {} : { thread_ts: thread };
    const direct: Way = () => this.show(directPlace(team, user), card);
    // Without a workspace nobody knows whose conversation it would be.
    if (team === undefined) return [];
    if (channel === undefined || isPerson(channel)) return [direct];
    const shown = { channel, user, ...renderMessage(card), ...inThread };
    return [() => calls.inLine(team, channel, (api) => api.chat.postEphemeral(shown)), direct];
  }

  /** Throws {@link MessageGone} where the address takes nothing any more. */
  async #respond(url: string, card: Card, isReplaced: boolean): Promise<void> {
    this.#assertOfSlack(url);
    const body = JSON.stringify({
      ...renderMessage(card),
      response_type: 'ephemeral',
      replace_original: isReplaced,
    });
    return this.#responses
      .join(url, async () => {
        if (this.#spent.get(url) === true) throw new MessageGone('used_url');
        return respondOnce(url, body);
      })
      .catch((error: unknown) => {
        if (error instanceof MessageGone) this.#spent.set(url, true);
        throw error;
      });
  }

  #assertOfSlack(url: string): void {
    const { apiUrl } = this.#options;
    const known = ['https://hooks.slack.com', ...(apiUrl === undefined ? [] : [apiUrl])];
    if (!known.some((one) => new URL(one).origin === new URL(url).origin)) throw new Error('not of Slack');
  }
}

function isPerson(id: string): boolean {
  return /^[UW]/.test(id);
}

async function respondOnce(url: string, body: string): Promise<void> {
  const answer = await slackFetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new TryLater(TRY_AGAIN_AFTER_MS, { cause });
  });
  if (isTransientStatus(answer.status)) {
    const seconds = Number(answer.headers.get('retry-after'));
    throw new TryLater(seconds > 0 ? seconds * 1000 : TRY_AGAIN_AFTER_MS);
  }
  if (!answer.ok) throw new MessageGone(String(answer.status));
  const refusal = refusalIn(await answer.text());
  if (refusal !== undefined) throw translated(refusal);
}

/** Slack says « ok » as plain text, or no with the status of success: `{"ok":false,"error":"used_url"}`. */
function refusalIn(text: string): Error | undefined {
  const data = readRefusal(text);
  return data === undefined ? undefined : Object.assign(new Error('Slack refused a response'), { data });
}
