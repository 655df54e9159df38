import { noticeCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId, Platform } from '../../person.ts';
import type { People } from '../../store/people.ts';
import type { Store } from '../../store/store.ts';
import type { Channel, Language, Place } from '../channel.ts';

export interface PrivateNoticesDependencies {
  readonly store: Store;
  readonly people: People<Place>;
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
}

/** What each reads in their own language. */
export interface PrivateNotice {
  readonly title: (m: Messages) => string;
  readonly sentence: (m: Messages) => string;
}

/** What some people are told in private, in a line of its own. */
export class PrivateNotices {
  readonly #dependencies: PrivateNoticesDependencies;

  constructor(dependencies: PrivateNoticesDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Tells those of them whom the bot can write to, one after the other. Throws what the last failure was where nobody
   * could be told for the moment; false: there is nobody whom the bot can write to.
   */
  async tell(persons: readonly PersonId[], { title, sentence }: PrivateNotice): Promise<boolean> {
    const { people, channels, messages, log } = this.#dependencies;
    let isDelivered = false;
    let failure: unknown;
    for (const known of await people.findMany(persons)) {
      const channel = known && channels.get(known.place.platform);
      if (known === undefined || channel === undefined) continue;
      const m = messages[known.language];
      try {
        await channel.show(known.place, noticeCard(title(m), sentence(m)));
        isDelivered = true;
      } catch (error) {
        failure = error;
        log.warn('notice.notTold', errorFields(error));
      }
    }
    if (!isDelivered && failure !== undefined) throw failure;
    return isDelivered;
  }

  /** The same, unless any replica has told of `subject` within the last `everyMs`. undefined: one has. */
  async tellOnce(
    persons: readonly PersonId[],
    { subject, everyMs }: { readonly subject: string; readonly everyMs: number },
    notice: PrivateNotice,
  ): Promise<boolean | undefined> {
    const { store } = this.#dependencies;
    const claim = `notice/${subject}`;
    const token = await store.claim(claim, everyMs);
    if (token === undefined) return undefined;
    try {
      return await this.tell(persons, notice);
    } catch (error) {
      await store.release(claim, token);
      throw error;
    }
  }
}
