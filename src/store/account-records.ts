import type { AccountId } from './accounts.ts';
import type { Store, Versioned } from './store.ts';

/** One record of a kind for each account. `R` is what the bot makes of it. */
export class AccountRecords<R> {
  readonly #store: Store;
  readonly #kind: string;

  constructor(store: Store, kind: 'reminder' | 'check') {
    this.#store = store;
    this.#kind = kind;
  }

  async find(account: AccountId): Promise<Versioned<R> | undefined> {
    return this.#store.read<R>(this.#key(account));
  }

  /** In the order of `accounts`, in one round trip. */
  async findMany(accounts: readonly AccountId[]): Promise<(Versioned<R> | undefined)[]> {
    return this.#store.readMany<R>(accounts.map((account) => this.#key(account)));
  }

  /** Saves only where the record is still at `version` (0: there is none yet). false: somebody else was first. */
  async save(account: AccountId, record: R, version: number): Promise<boolean> {
    return this.#store.write(this.#key(account), record, version);
  }

  /** Writes what `change` makes of the record; the same object back means that nothing changes. */
  async change(
    account: AccountId,
    change: (record: R | undefined) => R | undefined,
  ): Promise<Versioned<R> | undefined> {
    for (;;) {
      const found = await this.find(account);
      const changed = change(found?.value);
      if (changed === undefined || changed === found?.value) return found;
      const version = found?.version ?? 0;
      if (await this.save(account, changed, version)) return { value: changed, version: version + 1 };
    }
  }

  async forget(account: AccountId): Promise<void> {
    for (;;) {
      const found = await this.find(account);
      if (found === undefined || (await this.#store.remove(this.#key(account), found.version))) return;
    }
  }

  #key(account: AccountId): string {
    return `${this.#kind}/${account}`;
  }
}
