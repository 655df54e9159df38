import type { Card } from '../../cards/card.ts';
import { noticeCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import type { Log } from '../../log.ts';
import { StoreUnavailable } from '../../store/store.ts';
import type { Language } from '../channel.ts';
import { meaningOf, refusalFields } from './errors.ts';
import type { Addressee, SlackReplies } from './replies.ts';

export interface AcknowledgedWorkOptions {
  readonly replies: SlackReplies;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
}

/** While Slack stands still, what people do waits in memory: no more than that is taken on. */
const MOST = 2_000;

/**
 * What Slack was told has arrived, and what is still being done about it. Slack is told before anything is done, so errors
 * end here: the person reads a sentence.
 */
export class AcknowledgedWork {
  readonly #options: AcknowledgedWorkOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(options: AcknowledgedWorkOptions) {
    this.#options = options;
  }

  /** Nothing more is taken on for the moment. */
  get isFull(): boolean {
    return this.#running.size >= MOST;
  }

  /** Resolves when the work is done or has failed. `addressee`, where there is one, reads that it has failed. */
  track(work: Promise<void>, addressee?: Addressee): Promise<void> {
    const tracked = work
      .catch(async (error: unknown) => {
        this.#warn(error);
        if (addressee !== undefined) await this.#options.replies.toOne(addressee, this.#failure(error));
      })
      .catch((error: unknown) => this.#warn(error))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }

  /** Resolves when nothing is being done any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** In French: it may be their language that Slack did not tell. */
  #failure(error: unknown): Card {
    const { conversation, slack } = this.#options.messages.fr;
    if (error instanceof StoreUnavailable) return plainCard(conversation.storeDown);
    return plainCard(meaningOf(error) === 'token' ? slack.notAllowed : conversation.failed);
  }

  #warn(error: unknown): void {
    this.#options.log.warn('slack.failed', { platform: 'slack', ...refusalFields(error) });
  }
}

/** A sentence, without a title. */
export function plainCard(text: string): Card {
  return noticeCard('', text);
}
