import type { Card } from '../../cards/card.ts';
import { noticeCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId, Platform } from '../../person.ts';
import type { People } from '../../store/people.ts';
import type { Channel, Language, Place } from '../channel.ts';

export interface AdministratorsDependencies {
  readonly administrators: readonly PersonId[];
  readonly people: People<Place>;
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
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
  async tell(title: (m: Messages) => string, sentence: (m: Messages) => string): Promise<void> {
    const { administrators, people, channels, messages, log } = this.#dependencies;
    let isTold = false;
    let failure: unknown;
    for (const met of await people.findMany(administrators)) {
      const channel = met && channels.get(met.place.platform);
      if (met === undefined || channel === undefined) continue;
      const m = messages[met.language];
      const card: Card = noticeCard(title(m), sentence(m));
      try {
        await channel.show(met.place, card);
        isTold = true;
      } catch (error) {
        failure = error;
        log.warn('administrator.notTold', errorFields(error));
      }
    }
    if (isTold) return;
    if (failure !== undefined) throw failure;
    log.warn('administrators.unknown');
  }
}
