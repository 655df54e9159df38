import type { Secret } from '../secret.ts';
import type { AccountId } from './accounts.ts';
import { changeWithResult, type DecisionWithResult, UNCHANGED } from './change.ts';
import { once } from './once.ts';
import type { Binding, Sealing } from './seal.ts';
import type { Store } from './store.ts';

/** When a password stops being valid. */
export interface Expiry {
  /** ISO 8601. */
  readonly at: string;
  /** Computed by us, and not confirmed from the portal by anybody. */
  readonly estimated: boolean;
}

/** What is known of a password that is kept, without opening it. */
export interface Kept {
  /** Grows for ever for one account; the seal is bound to it. */
  readonly version: number;
  readonly heldSince: string;
  /** The person's name, for « tenu par … ». */
  readonly heldBy: string;
  readonly expiry: Expiry;
  /** When its connection test succeeded and it became current. */
  readonly currentSince?: string;
  /** When it was first used with success after that. */
  readonly provenAt?: string;
}

export interface Opened {
  readonly kept: Kept;
  readonly secret: Secret;
}

interface Slot extends Kept {
  readonly sealed: string;
}

interface Slots<T> {
  readonly pending?: T;
  readonly current?: T;
  readonly previous?: T;
  /** Pending passwords that another one replaced, newest first: one of them may be the one Chorus Pro accepted. */
  readonly setAside: readonly T[];
}

interface Credential extends Slots<Slot> {
  /** The last version that was given. */
  readonly last: number;
}

const NOTHING: Credential = { last: 0, setAside: [] };
const SET_ASIDE_AT_MOST = 3;
/** The agenda of accounts whose destinations may not have the password in use. */
export const DELIVERIES = 'deliveries';

/** The passwords of the accounts, sealed. One record for each account, changed by compare-and-set only. */
export class Credentials {
  readonly #store: Store;
  readonly #sealer: Sealing;

  constructor(store: Store, sealer: Sealing) {
    this.#store = store;
    this.#sealer = sealer;
  }

  /** Every account for which a password is or was kept, once. */
  async *accounts(): AsyncIterable<AccountId> {
    for await (const key of once(this.#store.keys(recordKey(''))))
      yield key.slice(recordKey('').length) as AccountId;
  }

  /** What is held, without opening anything. */
  async slots(account: AccountId): Promise<Slots<Kept>> {
    const value = await this.#load(account);
    return {
      ...(value.pending && { pending: describe(value.pending) }),
      ...(value.current && { current: describe(value.current) }),
      ...(value.previous && { previous: describe(value.previous) }),
      setAside: value.setAside.map(describe),
    };
  }

  /** Seals `secret` as pending. Once this resolves, no crash loses it; a pending one that it replaces is set aside. */
  async keep(
    account: AccountId,
    secret: Secret,
    about: { readonly heldBy: string; readonly heldSince: Date; readonly expiry: Expiry },
  ): Promise<Kept> {
    return this.#change(account, async (value) => {
      const version = value.last + 1;
      const kept: Kept = { ...about, version, heldSince: about.heldSince.toISOString() };
      const sealed = await this.#sealer.seal(secret, binding(account, version));
      const setAside = value.pending
        ? [value.pending, ...value.setAside].slice(0, SET_ASIDE_AT_MOST)
        : value.setAside;
      const record = { ...value, last: version, pending: { ...kept, sealed }, setAside };
      return { record, result: kept };
    });
  }

  async pending(account: AccountId): Promise<Opened | undefined> {
    return this.#open(account, (await this.#load(account)).pending);
  }

  async current(account: AccountId): Promise<Opened | undefined> {
    return this.#open(account, (await this.#load(account)).current);
  }

  async previous(account: AccountId): Promise<Opened | undefined> {
    return this.#open(account, (await this.#load(account)).previous);
  }

  /** The password of this version, in whatever slot it is. */
  async version(account: AccountId, version: number): Promise<Opened | undefined> {
    const value = await this.#load(account);
    return this.#open(
      account,
      slotsOf(value).find((slot) => slot.version === version),
    );
  }

  /** The pending passwords that another one replaced, newest first. */
  async setAside(account: AccountId): Promise<Opened[]> {
    const value = await this.#load(account);
    return Promise.all(value.setAside.map((slot) => this.#opened(account, slot)));
  }

  /**
   * After a successful connection test only: makes the pending password of this version, or one that was set aside,
   * current, and the current one previous. `gone` where it is neither any more; nothing changes then. May be repeated.
   */
  async promote(account: AccountId, version: number, at: Date): Promise<'promoted' | 'already' | 'gone'> {
    // Due at once: so before the write, and after it too.
    const wake = { type: 'schedule', agenda: DELIVERIES, id: account, at } as const;
    return this.#change<'promoted' | 'already' | 'gone'>(account, (value) => {
      if (value.current?.version === version) return unchanged('already');
      const { pending, current, previous: _, setAside, ...rest } = value;
      const accepted = [pending, ...setAside].find((slot) => slot?.version === version);
      if (accepted === undefined) return unchanged('gone');
      const promoted: Credential = {
        ...rest,
        // One that was entered since may be for the portal's next change.
        ...(pending !== undefined && pending !== accepted && { pending }),
        current: { ...accepted, currentSince: at.toISOString() },
        ...(current && { previous: current }),
        // Chorus Pro knows one password at a time: now that this one is it, those are none.
        setAside: [],
      };
      return { record: promoted, result: 'promoted', before: [wake], after: [wake] };
    });
  }

  /** The current password was used with success: the previous one is not needed any more. */
  async proven(account: AccountId, version: number, at: Date): Promise<void> {
    await this.#change(account, (value) => {
      const { current, previous, ...rest } = value;
      if (current?.version !== version || current.provenAt !== undefined) return unchanged(undefined);
      const proven = { ...rest, current: { ...current, provenAt: at.toISOString() } };
      return { record: proven, result: undefined };
    });
  }

  /** Gives the password of this version another expiry, in whatever slot it is. false: it is in none. */
  async correctExpiry(account: AccountId, version: number, expiry: Expiry): Promise<boolean> {
    return this.#change(account, (value) => {
      if (!slotsOf(value).some((slot) => slot.version === version)) return unchanged(false);
      const corrected = mapSlots(value, (slot) => (slot.version === version ? { ...slot, expiry } : slot));
      return { record: { ...value, ...corrected }, result: true };
    });
  }

  /** Seals with the newest key what was sealed with an older one. Gives how many passwords that were. */
  async reseal(account: AccountId): Promise<number> {
    return this.#change(account, async (value) => {
      const stale = slotsOf(value).filter(({ sealed }) => !this.#sealer.isFresh(sealed));
      if (stale.length === 0) return unchanged(0);
      const fresh = new Map<number, string>();
      for (const slot of stale) {
        const { secret } = await this.#opened(account, slot);
        fresh.set(slot.version, await this.#sealer.seal(secret, binding(account, slot.version)));
      }
      const resealed = mapSlots(value, (slot) => ({
        ...slot,
        sealed: fresh.get(slot.version) ?? slot.sealed,
      }));
      return { record: { ...value, ...resealed }, result: stale.length };
    });
  }

  /** The last version that was given for this account. */
  async lastVersion(account: AccountId): Promise<number> {
    return (await this.#load(account)).last;
  }

  /** The next version that is given for this account is greater than this one. */
  async skipVersions(account: AccountId, upTo: number): Promise<void> {
    await this.#change(account, (value) =>
      value.last >= upTo ? unchanged(undefined) : { record: { ...value, last: upTo }, result: undefined },
    );
  }

  /** Drops every password of an account. Only the count of versions stays, so that none is ever given twice. */
  async forget(account: AccountId): Promise<void> {
    await this.#change(account, (value) =>
      slotsOf(value).length === 0
        ? unchanged(undefined)
        : { record: { ...NOTHING, last: value.last }, result: undefined },
    );
  }

  async #load(account: AccountId): Promise<Credential> {
    return (await this.#store.read<Credential>(recordKey(account)))?.value ?? NOTHING;
  }

  #change<R>(
    account: AccountId,
    decide: (value: Credential) => Decided<R> | Promise<Decided<R>>,
  ): Promise<R> {
    return changeWithResult<Credential, R>(this.#store, recordKey(account), (value = NOTHING) =>
      decide(value),
    );
  }

  async #open(account: AccountId, slot: Slot | undefined): Promise<Opened | undefined> {
    return slot && this.#opened(account, slot);
  }

  async #opened(account: AccountId, slot: Slot): Promise<Opened> {
    return {
      kept: describe(slot),
      secret: await this.#sealer.open(slot.sealed, binding(account, slot.version)),
    };
  }
}

type Decided<R> = DecisionWithResult<Credential, R>;

function unchanged<R>(result: R): Decided<R> {
  return { record: UNCHANGED, result };
}

function recordKey(account: AccountId | ''): string {
  return `credential/${account}`;
}

function binding(account: AccountId, version: number): Binding {
  return { account, version, purpose: 'credential' };
}

function describe({ sealed: _, ...kept }: Slot): Kept {
  return kept;
}

function slotsOf({ pending, current, previous, setAside }: Slots<Slot>): Slot[] {
  return [pending, current, previous, ...setAside].filter((slot) => slot !== undefined);
}

function mapSlots<T, U>({ pending, current, previous, setAside }: Slots<T>, map: (slot: T) => U): Slots<U> {
  return {
    ...(pending && { pending: map(pending) }),
    ...(current && { current: map(current) }),
    ...(previous && { previous: map(previous) }),
    setAside: setAside.map(map),
  };
}
