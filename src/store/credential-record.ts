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

export interface OpenedPassword {
  readonly kept: Kept;
  readonly secret: Secret;
}

export interface Slot extends Kept {
  readonly sealed: string;
}

export interface Slots<T> {
  readonly pending?: T;
  readonly current?: T;
  readonly previous?: T;
  /** Pending passwords that another one replaced, newest first: one of them may be the one Chorus Pro accepted. */
  readonly setAside: readonly T[];
}

/** The record of one account. */
export interface Credential extends Slots<Slot> {
  /** The last version that was given. */
  readonly last: number;
}

/** What an account has before its first password. */
export const NOTHING: Credential = { last: 0, setAside: [] };

/** What a change makes of the record, and what the caller gets. */
export type DecidedCredential<R> = DecisionWithResult<Credential, R>;

/** The records of {@link Credentials}: read, changed by compare-and-set only, and what is sealed in them. */
export class CredentialRecords {
  readonly #store: Store;
  readonly #sealer: Sealing;

  constructor(store: Store, sealer: Sealing) {
    this.#store = store;
    this.#sealer = sealer;
  }

  /** Every account that has a record, once. */
  async *accounts(): AsyncIterable<AccountId> {
    for await (const key of once(this.#store.keys(recordKey(''))))
      yield key.slice(recordKey('').length) as AccountId;
  }

  async load(account: AccountId): Promise<Credential> {
    return (await this.#store.read<Credential>(recordKey(account)))?.value ?? NOTHING;
  }

  /** Writes what `decide` makes of the record. Where somebody else was first it is asked again. */
  change<R>(
    account: AccountId,
    decide: (value: Credential) => DecidedCredential<R> | Promise<DecidedCredential<R>>,
  ): Promise<R> {
    return changeWithResult<Credential, R>(this.#store, recordKey(account), (value = NOTHING) =>
      decide(value),
    );
  }

  /** Binds the seal to the account and the version, so that it opens nowhere else. */
  seal(account: AccountId, version: number, secret: Secret): Promise<string> {
    return this.#sealer.seal(secret, binding(account, version));
  }

  async open(account: AccountId, slot: Slot): Promise<OpenedPassword> {
    return {
      kept: describe(slot),
      secret: await this.#sealer.open(slot.sealed, binding(account, slot.version)),
    };
  }

  /** Whether the newest key has sealed it. */
  isFresh({ sealed }: Slot): boolean {
    return this.#sealer.isFresh(sealed);
  }
}

export function unchanged<R>(result: R): DecidedCredential<R> {
  return { record: UNCHANGED, result };
}

function recordKey(account: AccountId | ''): string {
  return `credential/${account}`;
}

function binding(account: AccountId, version: number): Binding {
  return { account, version, purpose: 'credential' };
}

/** All but the seal. */
export function describe({ sealed: _, ...kept }: Slot): Kept {
  return kept;
}

export function slotsOf({ pending, current, previous, setAside }: Slots<Slot>): Slot[] {
  return [pending, current, previous, ...setAside].filter((slot) => slot !== undefined);
}

export function mapSlots<T, U>(
  { pending, current, previous, setAside }: Slots<T>,
  map: (slot: T) => U,
): Slots<U> {
  return {
    ...(pending && { pending: map(pending) }),
    ...(current && { current: map(current) }),
    ...(previous && { previous: map(previous) }),
    setAside: setAside.map(map),
  };
}
