import type { Secret } from '../secret.ts';
import { once } from './once.ts';
import type { Binding, Sealing } from './seal.ts';
import type { Store, Versioned } from './store.ts';

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
    const { version, sealed, organisation } = (await this.#load(id)).value;
    if (sealed !== undefined) {
      return { by: id, version, secret: await this.#sealer.open(sealed, binding(id, version)) };
    }
    return organisation === undefined ? undefined : this.find(organisation);
  }

  /** Seals and keeps `secret`; with `at`, only where the record is still at that version. false: it is not. */
  async keep(id: string, secret: Secret, at?: number): Promise<boolean> {
    for (;;) {
      const { value, version: recordVersion } = await this.#load(id);
      if (at !== undefined && at !== value.version) return false;
      const version = value.version + 1;
      const sealed = await this.#sealer.seal(secret, binding(id, version));
      if (await this.#save(id, { version, sealed }, recordVersion)) return true;
    }
  }

  /** A workspace that has not installed the bot itself has it from its organisation. */
  async assign(team: string, organisation: string): Promise<void> {
    const { value, version } = await this.#load(team);
    if (value.sealed !== undefined) return;
    await this.#save(team, { version: value.version + 1, organisation }, version);
  }

  /** false: it has changed since. */
  async drop({ by, version }: Installed): Promise<boolean> {
    const { value, version: recordVersion } = await this.#load(by);
    return value.version === version && this.#save(by, { version: version + 1 }, recordVersion);
  }

  /** Seals with the newest key what was sealed with an older one. Gives how many seals that were. */
  async reseal(id: string): Promise<number> {
    for (;;) {
      const { version, sealed } = (await this.#load(id)).value;
      if (sealed === undefined || this.#sealer.isFresh(sealed)) return 0;
      const secret = await this.#sealer.open(sealed, binding(id, version));
      if (await this.keep(id, secret, version)) return 1;
    }
  }

  async #load(id: string): Promise<Versioned<Held>> {
    return (await this.#store.read<Held>(recordKey(id))) ?? { value: NOTHING, version: 0 };
  }

  #save(id: string, held: Held, version: number): Promise<boolean> {
    return this.#store.write(recordKey(id), held, version);
  }
}

function recordKey(id: string): string {
  return `slack-installation/${id}`;
}

function binding(id: string, version: number): Binding {
  return { account: id, version, purpose: 'installation' };
}
