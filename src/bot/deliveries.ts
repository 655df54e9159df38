import { LruMap } from 'toad-cache';
import type { Store } from '../store/store.ts';
import type { Said } from './channel.ts';
import type { KnownPeople } from './reminders/known-people.ts';

export interface DeliveriesDependencies {
  readonly store: Store;
  readonly knownPeople: Pick<KnownPeople, 'isOurs'>;
}

/** The platforms deliver a message again within minutes, when they do at all. */
const MESSAGE_REMEMBERED_MS = 10 * 60_000;
/** An app that is updated is added once more, as far as a platform tells; nobody wants to be greeted by it again. */
const WELCOME_REMEMBERED_MS = 30 * 24 * 60 * 60_000;
/** Strangers' messages that this process remembers. */
const REMEMBERED_AT_MOST = 10_000;

/** A message that is being answered. */
export interface DeliveryClaim {
  /** It was not answered after all: the platform may deliver it again. */
  release(): Promise<void>;
}

/**
 * The same delivery twice, on whatever replica, is answered once (P4).
 *
 * Of strangers nothing is written down: each replica remembers a number of their messages, and one that came to two
 * replicas is answered by both.
 */
export class IncomingDeliveries {
  readonly #dependencies: DeliveriesDependencies;
  readonly #ofStrangers = new LruMap<true>(REMEMBERED_AT_MOST, MESSAGE_REMEMBERED_MS);

  constructor(dependencies: DeliveriesDependencies) {
    this.#dependencies = dependencies;
  }

  /** Undefined: it was answered, or is being answered. */
  async claim(
    kind: 'said' | 'welcomed' | 'edited',
    { person, place, delivery }: Said,
  ): Promise<DeliveryClaim | undefined> {
    const { store, knownPeople } = this.#dependencies;
    const key = `delivery/${place.platform}/${delivery}`;
    if (kind !== 'welcomed' && !(await knownPeople.isOurs(person.id))) return this.#claimOfStranger(key);
    const token = await store.claim(key, kind === 'welcomed' ? WELCOME_REMEMBERED_MS : MESSAGE_REMEMBERED_MS);
    return token === undefined ? undefined : { release: () => store.release(key, token) };
  }

  #claimOfStranger(key: string): DeliveryClaim | undefined {
    if (this.#ofStrangers.get(key) !== undefined) return undefined;
    this.#ofStrangers.set(key, true);
    return { release: async () => this.#ofStrangers.delete(key) };
  }
}
