import { change, type Decision, REMOVED, UNCHANGED } from './change.ts';
import { RecordRefused, type Store } from './store.ts';

/** Who somebody is, and where the bot can write to them alone. `P` is the place, as the channel knows it. */
export interface KnownPerson<P> {
  readonly name: string;
  readonly language: 'fr' | 'en';
  readonly place: P;
}

/** Somebody to whom the bot cannot write, until they speak to it. */
interface Lost {
  readonly isLost: true;
}

/** The people to whom the bot can write: those who have spoken to it in private, and whom it may speak to first. */
export class People<P> {
  readonly #store: Store;
  readonly #privately: (person: string) => P | undefined;

  /** `privately` says where the bot may write first to somebody who has never written to it. */
  constructor(store: Store, privately: (person: string) => P | undefined = () => undefined) {
    this.#store = store;
    this.#privately = privately;
  }

  /**
   * In the order of `persons`, in one round trip. Somebody who has never written to the bot has no name, and reads French.
   * Nobody is written to at a place that is refused.
   */
  async findMany(persons: readonly string[]): Promise<(KnownPerson<P> | undefined)[]> {
    const found = await this.#store.readMany<KnownPerson<P> | Lost>(persons.map(recordKey));
    return persons.map((person, i) => {
      const known = found[i];
      if (known instanceof RecordRefused) return undefined;
      if (known !== undefined) return isKnown(known.value) ? known.value : undefined;
      const place = this.#privately(person);
      return place && { name: '', language: 'fr', place };
    });
  }

  /** What is written down of each, in the order of `persons`, in one round trip. A record that is refused says nothing. */
  async statesOf(
    persons: readonly string[],
  ): Promise<{ readonly name: string | undefined; readonly state: 'known' | 'lost' | 'neverMet' }[]> {
    const found = await this.#store.readMany<KnownPerson<P> | Lost>(persons.map(recordKey));
    return found.map((record) => {
      if (record === undefined || record instanceof RecordRefused)
        return { name: undefined, state: 'neverMet' };
      return isKnown(record.value)
        ? { name: record.value.name, state: 'known' }
        : { name: undefined, state: 'lost' };
    });
  }

  /** Takes out what is written down of this person. */
  async forget(person: string): Promise<void> {
    await change<KnownPerson<P> | Lost>(this.#store, recordKey(person), () => REMOVED);
  }

  /** true: they were not known before, or not there. */
  async remember(person: string, who: KnownPerson<P>): Promise<boolean> {
    const { isChanged } = await this.#change(person, (known) =>
      known !== undefined && isSame(known, who) ? UNCHANGED : who,
    );
    return isChanged;
  }

  /** They can no longer be reached at this place; where they have moved meanwhile, nothing changes. */
  async lose(person: string, place: P): Promise<void> {
    await this.#change(person, (known) => {
      const isLost = known === undefined || (isKnown(known) && isSame(known.place, place));
      return isLost ? { isLost } : UNCHANGED;
    });
  }

  #change(
    person: string,
    decide: (known: KnownPerson<P> | Lost | undefined) => Decision<KnownPerson<P> | Lost>,
  ) {
    return change<KnownPerson<P> | Lost>(this.#store, recordKey(person), decide);
  }
}

function isKnown<P>(record: KnownPerson<P> | Lost): record is KnownPerson<P> {
  return !('isLost' in record);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function recordKey(person: string): string {
  return `place/${person}`;
}
