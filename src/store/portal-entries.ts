import { change, REMOVED, UNCHANGED } from './change.ts';
import { RecordRefused, type Store } from './store.ts';

/**
 * How somebody enters Chorus Pro: by the PIGP, as managers of public bodies outside the State do, or directly (AIFE,
 * KB0011479).
 */
export type PortalEntry = 'pigp' | 'direct';

/** How each person enters the portal: asked once and remembered, for the first step of every reset. */
export class PortalEntries {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Undefined: not chosen yet. A record that is refused is one that is asked for again. */
  async find(person: string): Promise<PortalEntry | undefined> {
    const [found] = await this.#store.readMany<{ readonly entry: PortalEntry }>([recordKey(person)]);
    return found === undefined || found instanceof RecordRefused ? undefined : found.value.entry;
  }

  /** Undefined: it is to be asked again. */
  async choose(person: string, entry: PortalEntry | undefined): Promise<void> {
    await change<{ readonly entry: PortalEntry }>(this.#store, recordKey(person), (known) => {
      if (known?.entry === entry) return UNCHANGED;
      return entry === undefined ? REMOVED : { entry };
    });
  }
}

function recordKey(person: string): string {
  return `portal-entry/${person}`;
}
