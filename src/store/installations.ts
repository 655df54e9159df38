import type { Secret } from '../secret.ts';
import { change, type Decision, UNCHANGED } from './change.ts';
import { once } from './once.ts';
import type { Binding, Sealing } from './seal.ts';
import type { Store } from './store.ts';

/** Where the bot is installed, and what it was given there. */
export interface Installed {
  /** The workspace (T…), or the organisation (E…) that did it for all of its workspaces. */
  readonly by: string;
  /** Grows for ever; the seal is bound to it. */
  readonly version: number;
  readonly secret: Secret;
}

/** What a workspace or an organisation gave, or who gave it for the workspace; neither where the bot was removed. */
interface Held {
  readonly version: number;
  readonly sealed?: string;
  readonly organisation?: string;
}

const NOTHING: Held = { version: 0 };

/** Which workspaces and organisations of Slack have installed the bot: one record each, changed by compare-and-set only. */
export class Installations {
  readonly #store: Store;
  readonly #sealer: Sealing;

  constructor(store: Store, sealer: Sealing) {
    this.#store = store;
    this.#sealer = sealer;
  }

  /** Every workspace and organisation that has or had the bot. */
  async *ids(): AsyncIterable<string> {
    for await (const key of once(this.#store.keys(recordKey('')))) yield key.slice(recordKey('').length);
  }

  /** undefined: the bot is not installed there. Throws `SealBroken`. */
  async find(id: string): Promise<Installed | undefined> {
    const held = await this.#load(id);
    if (held.sealed !== undefined || held.organisation === undefined) return this.#opened(id, held);
    // One step and no more: a record that names itself, or two that name each other, lead nowhere.
    return this.#opened(held.organisation, await this.#load(held.organisation));
  }

  /** Seals and keeps `secret`; with `at`, only where the record is still at that version. false: it is not. */
  async keep(id: string, secret: Secret, at?: number): Promise<boolean> {
    return this.#change(id, async (held) => {
      if (at !== undefined && at !== held.version) return UNCHANGED;
      const version = held.version + 1;
      return { version, sealed: await this.#sealer.seal(secret, binding(id, version)) };
    });
  }

  /** A workspace that has not installed the bot itself has it from its organisation. */
  async assign(team: string, organisation: string): Promise<void> {
    await this.#change(team, ({ version, sealed }) =>
      sealed === undefined ? { version: version + 1, organisation } : UNCHANGED,
    );
  }

  /** false: it has changed since. */
  async drop({ by, version }: Installed): Promise<boolean> {
    return this.#change(by, (held) => (held.version === version ? { version: version + 1 } : UNCHANGED));
  }

  /** Seals with the newest key what was sealed with an older one. Gives how many seals that were. */
  async reseal(id: string): Promise<number> {
    const isResealed = await this.#change(id, async (held) => {
      if (held.sealed === undefined || this.#sealer.isFresh(held.sealed)) return UNCHANGED;
      const secret = await this.#sealer.open(held.sealed, binding(id, held.version));
      const version = held.version + 1;
      return { version, sealed: await this.#sealer.seal(secret, binding(id, version)) };
    });
    return isResealed ? 1 : 0;
  }

  /** What is held comes to a version that is so much greater, and is sealed for it. */
  async raise(id: string, by: number): Promise<void> {
    await this.#change(id, async (held) => {
      const version = held.version + by;
      if (held.sealed === undefined) return { ...held, version };
      const secret = await this.#sealer.open(held.sealed, binding(id, held.version));
      return { version, sealed: await this.#sealer.seal(secret, binding(id, version)) };
    });
  }

  async #opened(by: string, { version, sealed }: Held): Promise<Installed | undefined> {
    if (sealed === undefined) return undefined;
    return { by, version, secret: await this.#sealer.open(sealed, binding(by, version)) };
  }

  async #load(id: string): Promise<Held> {
    return (await this.#store.read<Held>(recordKey(id)))?.value ?? NOTHING;
  }

  /** false: it was decided to change nothing. */
  async #change(
    id: string,
    decide: (held: Held) => Decision<Held> | Promise<Decision<Held>>,
  ): Promise<boolean> {
    const { isChanged } = await change<Held>(this.#store, recordKey(id), (held = NOTHING) => decide(held));
    return isChanged;
  }
}

function recordKey(id: string): string {
  return `slack-installation/${id}`;
}

function binding(id: string, version: number): Binding {
  return { account: id, version, purpose: 'installation' };
}
