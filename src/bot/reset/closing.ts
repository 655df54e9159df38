import { closedCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { inTime } from '../../deadline.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Platform } from '../../person.ts';
import type { Account } from '../../store/accounts.ts';
import type { Resets } from '../../store/resets.ts';
import { mayReset } from '../../store/rights.ts';
import { type Channel, channelOf, type Language, MessageGone, PlaceGone, TryLater } from '../channel.ts';
import { DELIVERY_PACE } from '../outgoing/deadline.ts';
import type { ResetRecord, SavedReset } from './record.ts';

export interface ResetClosingDependencies {
  readonly resets: Resets<ResetRecord>;
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
}

/** A platform that does not take it is asked again after that, unless it says for how long it wants to be left alone. */
const RETRY_MS = 60_000;

/** Closes the card of a reset whose leader may no longer see the account, or which others can read (P9). */
export class ResetClosing {
  readonly #dependencies: ResetClosingDependencies;

  constructor(dependencies: ResetClosingDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Once: the record then knows of no card any more, until somebody goes on with the reset. Gives when it is to be tried
   * again, where it could not be closed.
   */
  async closeLost(account: Account, saved: SavedReset | undefined, now: Date): Promise<Date | undefined> {
    if (saved?.value.posted === undefined) return undefined;
    const { resets, channels, messages, log } = this.#dependencies;
    const { posted, ...record } = saved.value;
    if (posted.place.private && mayReset(record.holder.id, account)) return undefined;
    try {
      const closing = channelOf(channels, posted.place).replace(
        posted,
        closedCard(messages[record.holder.language]),
      );
      await inTime(closing.catch(unlessGone), DELIVERY_PACE.patienceMs);
      // Where somebody was at the reset meanwhile, it is looked at again.
      return (await resets.save(account.id, record, saved.version)) ? undefined : now;
    } catch (error) {
      const { platform } = posted.place;
      log.warn('card.notClosed', { platform, account: account.id, ...errorFields(error) });
      const pauseMs = error instanceof TryLater ? Math.max(error.retryAfterMs, RETRY_MS) : RETRY_MS;
      return new Date(now.getTime() + pauseMs);
    }
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof MessageGone || error instanceof PlaceGone)) throw error;
}
