import { LruMap } from 'toad-cache';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId } from '../../person.ts';
import type { Accounts } from '../../store/accounts.ts';
import type { KnownPerson, People } from '../../store/people.ts';
import type { Place, Turn } from '../channel.ts';

export interface KnownPeopleDependencies {
  readonly accounts: Accounts;
  readonly people: People<Place>;
  readonly administrators: { readonly ids: readonly PersonId[] };
  readonly log: Log;
  readonly now: () => Date;
}

interface Remembered {
  /** Who they are and where, as JSON. */
  readonly json: string;
  readonly until: number;
}

/** People who are remembered without asking the store, and for how long: another replica may lose them meanwhile. */
const REMEMBERED_AT_MOST = 10_000;
const REMEMBERED_MS = 5 * 60_000;
/** People who are being written down. A store that stands still must not have them pile up. */
const AT_ONCE = 500;

/**
 * Where the bot can write to those whom it may have something to tell: who manages an account or stands in for whoever
 * does, or did once, and administrators. Of strangers, however many, nothing is written down.
 */
export class KnownPeople {
  readonly #dependencies: KnownPeopleDependencies;
  /** Whom this process knows without asking the store. */
  readonly #known = new LruMap<Remembered>(REMEMBERED_AT_MOST);
  readonly #work = new Set<Promise<void>>();

  constructor(dependencies: KnownPeopleDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether the bot may have something to tell this person. */
  async isOurs(person: PersonId): Promise<boolean> {
    const { accounts, administrators } = this.#dependencies;
    return administrators.ids.includes(person) || (await accounts.everNamed(person));
  }

  /**
   * Somebody speaks to the bot: where they do so in private it can write to them from now on, also what it could not
   * tell them before. Nobody waits for this, and it costs nothing where it was known a moment ago.
   */
  spokeTo({ person: { id, name, language }, place }: Turn): void {
    if (!place.private) return;
    const who = { name, language, place };
    const known = { json: JSON.stringify(who), until: this.#dependencies.now().getTime() + REMEMBERED_MS };
    const before = this.#known.get(id);
    const isKnown = before?.json === known.json && this.#dependencies.now().getTime() < before.until;
    if (isKnown || this.#work.size >= AT_ONCE) return;
    const work = this.#remember(id, who)
      .then((isOurs) => {
        if (isOurs) this.#known.set(id, known);
      })
      .catch((error: unknown) => this.#dependencies.log.warn('person.notRemembered', errorFields(error)))
      .finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  /** They cannot be written to there any more. */
  async lose(person: string, place: Place): Promise<void> {
    await this.#dependencies.people.lose(person, place);
    this.#known.delete(person);
  }

  /** Resolves when everybody who has spoken is remembered. */
  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }

  async #remember(id: PersonId, who: KnownPerson<Place>): Promise<boolean> {
    const { people, accounts } = this.#dependencies;
    if (!(await this.isOurs(id))) return false;
    if (await people.remember(id, who)) {
      const theirs = await accounts.ofPerson(id);
      await Promise.all(theirs.map((account) => accounts.lookAgain(account.id)));
    }
    return true;
  }
}
