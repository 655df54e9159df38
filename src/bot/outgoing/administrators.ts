import { noticeCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId, Platform } from '../../person.ts';
import type { People } from '../../store/people.ts';
import type { Store } from '../../store/store.ts';
import type { Channel, Language, Place } from '../channel.ts';

export interface AdministratorsDependencies {
  readonly administrators: readonly PersonId[];
  readonly store: Store;
  readonly people: People<Place>;
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
}

/** What the administrators read, each in their own language. */
export interface AdministratorNotice {
  readonly title: (m: Messages) => string;
  readonly sentence: (m: Messages) => string;
}

/** What the administrators are told in private, in a line of its own. */
export class Administrators {
  readonly #dependencies: AdministratorsDependencies;

  constructor(dependencies: AdministratorsDependencies) {
    this.#dependencies = dependencies;
  }

  get ids(): readonly PersonId[] {
    return this.#dependencies.administrators;
  }

  /**
   * Tells those of them whom the bot can write to, one after the other. Throws what the last failure was where nobody
   * could be told for the moment; where there is nobody to tell, the log has to do.
   */
  async tell({ title, sentence }: AdministratorNotice): Promise<void> {
    const { administrators, people, channels, messages, log } = this.#dependencies;
    let isDelivered = false;
    let failure: unknown;
    for (const known of await people.findMany(administrators)) {
      const channel = known && channels.get(known.place.platform);
      if (known === undefined || channel === undefined) continue;
      const m = messages[known.language];
      try {
        await channel.show(known.place, noticeCard(title(m), sentence(m)));
        isDelivered = true;
      } catch (error) {
        failure = error;
        log.warn('administrator.notTold', errorFields(error));
      }
    }
    if (isDelivered) return;
    if (failure !== undefined) throw failure;
    log.warn('administrators.unknown');
  }

  /** The same, unless any replica has told them of `subject` within the last `everyMs`. */
  async tellOnce(subject: string, everyMs: number, notice: AdministratorNotice): Promise<void> {
    const { store } = this.#dependencies;
    const claim = `notice/${subject}`;
    const token = await store.claim(claim, everyMs);
    if (token === undefined) return;
    try {
      await this.tell(notice);
    } catch (error) {
      await store.release(claim, token);
      throw error;
    }
  }
}
