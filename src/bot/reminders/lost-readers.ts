import { inTime } from '../../deadline.ts';
import { errorFields } from '../../log.ts';
import { MessageGone, PlaceGone, TryLater } from '../channel.ts';
import { failed } from '../outgoing/deadline.ts';
import type { ResetClosing } from '../reset/closing.ts';
import type { Case } from './case.ts';
import type { CasesDependencies, ReminderCases } from './cases.ts';
import { type Delivered, withDelivered } from './plan.ts';
import type { ReminderViews } from './views.ts';

export interface LostReadersDependencies extends Pick<CasesDependencies, 'channels' | 'log'> {
  readonly cases: ReminderCases;
  readonly views: ReminderViews;
  readonly resetClosing: ResetClosing;
  /** How long the platform may take for one card. */
  readonly patienceMs: number;
}

/** Closes the cards of those who may not see an account any more. */
export class LostReaders {
  readonly #dependencies: LostReadersDependencies;

  constructor(dependencies: LostReadersDependencies) {
    this.#dependencies = dependencies;
  }

  /** Who has lost the right to the account since they were shown something sees that it is closed, once, and nothing new (P9). */
  async close(about: Case): Promise<void> {
    const { cases, resetClosing } = this.#dependencies;
    about.closeAt = await resetClosing.closeLost(about.account, about.reset, about.now);
    for (const [key, delivered] of cases.lost(about)) {
      if ((delivered.retryAt ?? '') > about.now.toISOString()) continue;
      about.record = withDelivered(about.record, key, await this.#closeOne(about, key, delivered));
    }
  }

  /** Gives what is left to be done; undefined: it is closed, or there is nothing to close any more. */
  async #closeOne(about: Case, key: string, delivered: Delivered): Promise<Delivered | undefined> {
    const { channels, log, views, patienceMs } = this.#dependencies;
    const { posted } = delivered;
    const channel = posted && channels.get(posted.place.platform);
    if (posted === undefined || channel === undefined) return undefined;
    try {
      const card = await views.closed(about, key, delivered);
      if (card !== undefined) await inTime(channel.replace(posted, card), patienceMs);
      return undefined;
    } catch (error) {
      if (error instanceof MessageGone || error instanceof PlaceGone) return undefined;
      log.warn('card.notClosed', {
        platform: channel.platform,
        account: about.account.id,
        ...errorFields(error),
      });
      return failed(delivered, about.now, error instanceof TryLater ? error.retryAfterMs : 0);
    }
  }
}
