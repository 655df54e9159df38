import type { Card } from '../../cards/card.ts';
import type { Messages } from '../../cards/messages.ts';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId, Platform } from '../../person.ts';
import type { People } from '../../store/people.ts';
import {
  type Channel,
  channelOf,
  type Deliver,
  type Language,
  type Person,
  PLATFORM_NAMES,
  type Place,
  PlaceGone,
  type Turn,
} from '../channel.ts';
import type { Administrators } from './administrators.ts';

export interface PrivateAnswersDependencies {
  readonly people: People<Place>;
  readonly knownPeople: { isOurs(person: PersonId): Promise<boolean> };
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly administrators: Administrators;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
}

/** For so long the administrators are not told again of somebody whom the bot cannot write to. */
const UNREACHABLE_TOLD_EVERY_MS = 30 * 24 * 60 * 60_000;

/** Answers people in their own conversation with the bot, wherever they spoke to it. */
export class PrivateAnswers {
  readonly #dependencies: PrivateAnswersDependencies;

  constructor(dependencies: PrivateAnswersDependencies) {
    this.#dependencies = dependencies;
  }

  /** Undefined: the bot cannot write to them before they write to it in private. */
  async placeOf({ person, place }: Turn): Promise<Place | undefined> {
    if (place.private) return place;
    const [known] = await this.#dependencies.people.findMany([person.id]);
    return known?.place;
  }

  /**
   * Posts there what `act` answers, for the same turn as if it had been taken there. Gives the sentence that is said
   * where they spoke: that it is there or, where the bot cannot write to them, what they can do.
   */
  async answer<T extends Turn>(turn: T, act: (turn: T) => Promise<readonly Card[]>): Promise<string> {
    const { inPrivate, writeToMe } = this.#dependencies.messages[turn.person.language].conversation;
    const place = await this.placeOf(turn);
    if (place === undefined) return writeToMe;
    try {
      const cards = await act({ ...turn, place });
      await this.#post(place, cards);
      return inPrivate;
    } catch (error) {
      if (!(error instanceof PlaceGone)) throw error;
      return this.unreachable({ ...turn, place }, error);
    }
  }

  /** Delivers where they spoke or, where nothing can be posted there, in their own conversation. */
  orInPrivate(turn: Turn, deliver: Deliver): Deliver {
    return async (cards) => {
      try {
        await deliver(cards);
      } catch (error) {
        if (!(error instanceof PlaceGone)) throw error;
        await this.unreachable(turn, error);
        const place = turn.place.private ? undefined : await this.placeOf(turn);
        if (place === undefined) throw error;
        await this.#post(place, cards);
      }
    };
  }

  /** Tells somebody what they have not asked for. Where that fails, the log says so. */
  async tell({ id, language }: Person, cardIn: (m: Messages) => Card): Promise<void> {
    const { people, messages, log } = this.#dependencies;
    try {
      const [known] = await people.findMany([id]);
      if (known === undefined) log.warn('person.notTold', { person: id, reason: 'unknown' });
      else await this.#post(known.place, [cardIn(messages[language])]);
    } catch (error) {
      log.warn('person.notTold', { person: id, ...errorFields(error) });
    }
  }

  /**
   * Nothing can be posted where this turn was taken. Where that is the person's own conversation, the administrators
   * are told whom the bot cannot write to and why, once. Gives the sentence that says what the person can do.
   */
  async unreachable({ person, place }: Turn, { reason }: PlaceGone): Promise<string> {
    const { people, knownPeople, administrators, messages, log } = this.#dependencies;
    log.warn('place.gone', { platform: place.platform, reason, ...(place.private && { person: person.id }) });
    if (place.private) {
      try {
        // Of strangers nothing is written down, and nobody is told.
        if (await knownPeople.isOurs(person.id)) {
          await people.lose(person.id, place);
          await administrators.tellOnce(`unreachable/${person.id}`, UNREACHABLE_TOLD_EVERY_MS, {
            title: (m) => m.notices.unreachableTitle,
            sentence: (m) => m.notices.unreachable(person.name, PLATFORM_NAMES[place.platform], reason),
          });
        }
      } catch (error) {
        log.warn('administrators.notTold', errorFields(error));
      }
    }
    return messages[person.language].conversation.writeToMe;
  }

  /** One after the other, so that they are read in this order. */
  async #post(place: Place, cards: readonly Card[]): Promise<void> {
    const channel = channelOf(this.#dependencies.channels, place);
    for (const card of cards) await channel.show(place, card);
  }
}
