import type { AccountId } from './accounts.ts';
import { change, REMOVED } from './change.ts';
import type { Store, Versioned } from './store.ts';

const AGENDA = 'resets';

/** Where the reset of each account stands, and when it must be looked at again. `S` is the procedure's state. */
export class Resets<S> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async load(account: AccountId): Promise<Versioned<S> | undefined> {
    return this.#store.read<S>(recordKey(account));
  }

  /** In the order of `accounts`, in one round trip. */
  async findMany(accounts: readonly AccountId[]): Promise<(Versioned<S> | undefined)[]> {
    return this.#store.readMany<S>(accounts.map(recordKey));
  }

  /** Saves only where the state is still at `version` (0: there is none yet). false: somebody else was first. */
  async save(account: AccountId, state: S, version: number): Promise<boolean> {
    return this.#store.write(recordKey(account), state, version);
  }

  /** Drops the state and its waking, whoever is at it. */
  async forget(account: AccountId): Promise<void> {
    await change(this.#store, recordKey(account), () => REMOVED);
    await this.wakeAt(account, undefined);
  }

  /** When the account is to be woken. */
  async wakesAt(account: AccountId): Promise<Date | undefined> {
    const [at] = await this.#store.scheduled(AGENDA, [account]);
    return at;
  }

  /** One instant for each account; undefined: it needs no waking. Given `from`, only where it was to be woken then. */
  async wakeAt(account: AccountId, at: Date | undefined, from?: Date): Promise<void> {
    await this.#store.scheduleMany(AGENDA, [{ id: account, at, ...(from && { from }) }]);
  }

  /** The accounts to wake, the earliest first; each stays due until `wakeAt` moves it. */
  async due(now: Date, limit: number): Promise<AccountId[]> {
    return (await this.#store.due(AGENDA, now, limit)) as AccountId[];
  }
}

function recordKey(account: AccountId): string {
  return `reset/${account}`;
}
