import type { Secret } from '../secret.ts';
import type { AccountId } from './accounts.ts';
import {
  type Credential,
  CredentialRecords,
  describe,
  type Expiry,
  type Kept,
  mapSlots,
  NOTHING,
  type OpenedPassword,
  type Slots,
  slotsOf,
  unchanged,
} from './credential-record.ts';
import type { Sealing } from './seal.ts';
import type { Store } from './store.ts';

export type { Expiry, Kept, OpenedPassword } from './credential-record.ts';

const SET_ASIDE_AT_MOST = 3;
/** The agenda of accounts whose destinations may not have the password in use. */
export const DELIVERIES = 'deliveries';

/** The passwords of the accounts, sealed. One record for each account, changed by compare-and-set only. */
export class Credentials {
  readonly #records: CredentialRecords;

  constructor(store: Store, sealer: Sealing) {
    this.#records = new CredentialRecords(store, sealer);
  }

  /** Every account for which a password is or was kept, once. */
  accounts(): AsyncIterable<AccountId> {
    return this.#records.accounts();
  }

  /** What is held, without opening anything. */
  async slots(account: AccountId): Promise<Slots<Kept>> {
    const value = await this.#records.load(account);
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
    return this.#records.change(account, async (value) => {
      const version = value.last + 1;
      const kept: Kept = { ...about, version, heldSince: about.heldSince.toISOString() };
      const sealed = await this.#records.seal(account, version, secret);
      const setAside = value.pending
        ? [value.pending, ...value.setAside].slice(0, SET_ASIDE_AT_MOST)
        : value.setAside;
      const record = { ...value, last: version, pending: { ...kept, sealed }, setAside };
      return { record, result: kept };
    });
  }

  async pending(account: AccountId): Promise<OpenedPassword | undefined> {
    const { pending } = await this.#records.load(account);
    return pending && this.#records.open(account, pending);
  }

  async current(account: AccountId): Promise<OpenedPassword | undefined> {
    const { current } = await this.#records.load(account);
    return current && this.#records.open(account, current);
  }

  async previous(account: AccountId): Promise<OpenedPassword | undefined> {
    const { previous } = await this.#records.load(account);
    return previous && this.#records.open(account, previous);
  }

  /** The password of this version, in whatever slot it is. */
  async version(account: AccountId, version: number): Promise<OpenedPassword | undefined> {
    const value = await this.#records.load(account);
    const slot = slotsOf(value).find((each) => each.version === version);
    return slot && this.#records.open(account, slot);
  }

  /** The pending passwords that another one replaced, newest first. */
  async setAside(account: AccountId): Promise<OpenedPassword[]> {
    const value = await this.#records.load(account);
    return Promise.all(value.setAside.map((slot) => this.#records.open(account, slot)));
  }

  /**
   * After a successful connection test only: makes the pending password of this version, or one that was set aside,
   * current, and the current one previous. `gone` where it is neither any more; nothing changes then. May be repeated.
   */
  async promote(account: AccountId, version: number, at: Date): Promise<'promoted' | 'already' | 'gone'> {
    // Due at once: so before the write, and after it too.
    const wake = { type: 'schedule', agenda: DELIVERIES, id: account, at } as const;
    return this.#records.change<'promoted' | 'already' | 'gone'>(account, (value) => {
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
    await this.#records.change(account, (value) => {
      const { current, previous, ...rest } = value;
      if (current?.version !== version || current.provenAt !== undefined) return unchanged(undefined);
      const proven = { ...rest, current: { ...current, provenAt: at.toISOString() } };
      return { record: proven, result: undefined };
    });
  }

  /** Gives the password of this version another expiry, in whatever slot it is. false: it is in none. */
  async correctExpiry(account: AccountId, version: number, expiry: Expiry): Promise<boolean> {
    return this.#records.change(account, (value) => {
      if (!slotsOf(value).some((slot) => slot.version === version)) return unchanged(false);
      const corrected = mapSlots(value, (slot) => (slot.version === version ? { ...slot, expiry } : slot));
      return { record: { ...value, ...corrected }, result: true };
    });
  }

  /** Seals with the newest key what was sealed with an older one. Gives how many passwords that were. */
  async reseal(account: AccountId): Promise<number> {
    return this.#records.change(account, async (value) => {
      const stale = slotsOf(value).filter((slot) => !this.#records.isFresh(slot));
      if (stale.length === 0) return unchanged(0);
      const fresh = new Map<number, string>();
      for (const slot of stale) {
        const { secret } = await this.#records.open(account, slot);
        fresh.set(slot.version, await this.#records.seal(account, slot.version, secret));
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
    return (await this.#records.load(account)).last;
  }

  /** The next version that is given for this account is greater than this one. */
  async skipVersions(account: AccountId, upTo: number): Promise<void> {
    await this.#records.change(account, (value) =>
      value.last >= upTo ? unchanged(undefined) : { record: { ...value, last: upTo }, result: undefined },
    );
  }

  /** Drops every password of an account. Only the count of versions stays, so that none is ever given twice. */
  async forget(account: AccountId): Promise<void> {
    await this.#records.change(account, (value) =>
      slotsOf(value).length === 0
        ? unchanged(undefined)
        : { record: { ...NOTHING, last: value.last }, result: undefined },
    );
  }
}
