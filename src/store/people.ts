import type { Store } from './store.ts';

/** Who somebody is, and where the bot can write to them alone. `P` is the place, as the channel knows it. */
export interface Met<P> {
  readonly name: string;
  readonly language: 'fr' | 'en';
  readonly place: P;
}

/** The people who have spoken to the bot in private: to anybody else it cannot write. */
export class People<P> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** In the order of `persons`, in one round trip. */
  async findMany(persons: readonly string[]): Promise<(Met<P> | undefined)[]> {
    const found = await this.#store.readMany<Met<P>>(persons.map(recordKey));
    return found.map((record) => record?.value);
  }

  /** true: they were not known before, or not there. */
  async meet(person: string, met: Met<P>): Promise<boolean> {
    for (;;) {
      const found = await this.#store.read<Met<P>>(recordKey(person));
      if (found !== undefined && isSame(found.value, met)) return false;
      if (await this.#store.write(recordKey(person), met, found?.version ?? 0)) return true;
    }
  }

  /** They can no longer be reached at this place; where they have moved meanwhile, nothing changes. */
  async lose(person: string, place: P): Promise<void> {
    const found = await this.#store.read<Met<P>>(recordKey(person));
    if (found !== undefined && isSame(found.value.place, place))
      await this.#store.remove(recordKey(person), found.version);
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function recordKey(person: string): string {
  return `place/${person}`;
}
