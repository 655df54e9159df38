import type { AccountId } from './accounts.ts';
import { change, REMOVED, UNCHANGED } from './change.ts';
import type { RecordRefused, Store, Versioned } from './store.ts';

/** One record of a kind for each account. `R` is what the bot makes of it. */
export class AccountRecords<R> {
  readonly #store: Store;
  readonly #kind: string;

  constructor(store: Store, kind: 'reminder' | 'check' | 'test' | 'attempts' | 'handover') {
    this.#store = store;
    this.#kind = kind;
  }

  async find(account: AccountId): Promise<Versioned<R> | undefined> {
    return this.#store.read<R>(this.#key(account));
  }

  /** In the order of `accounts`, in one round trip. */
  async findMany(accounts: readonly AccountId[]): Promise<(Versioned<R> | RecordRefused | undefined)[]> {
    return this.#store.readMany<R>(accounts.map((account) => this.#key(account)));
  }

  /** Saves only where the record is still at `version` (0: there is none yet). false: somebody else was first. */
  async save(account: AccountId, record: R, version: number): Promise<boolean> {
    return this.#store.write(this.#key(account), record, version);
  }

  /** Writes what `decide` makes of the record; undefined or the same object means that nothing changes. */
  async change(
    account: AccountId,
    decide: (record: R | undefined) => R | undefined,
  ): Promise<Versioned<R> | undefined> {
    const { value, version } = await change<R>(this.#store, this.#key(account), (record) => {
      const decided = decide(record);
      return decided === undefined || decided === record ? UNCHANGED : decided;
    });
    return value === undefined ? undefined : { value, version };
  }

  async forget(account: AccountId): Promise<void> {
    await change(this.#store, this.#key(account), () => REMOVED);
  }

  #key(account: AccountId): string {
    return `${this.#kind}/${account}`;
  }
}
