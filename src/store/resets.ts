import type { AccountId } from './accounts.ts';
import { changeWithResult, type DecisionWithResult, REMOVED } from './change.ts';
import { type Operation, RecordRefused, type Scheduled, type Store, type Versioned } from './store.ts';

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

  /** In the order of `accounts`, in one round trip. One that is refused counts as none. */
  async findMany(accounts: readonly AccountId[]): Promise<(Versioned<S> | undefined)[]> {
    const found = await this.#store.readMany<S>(accounts.map(recordKey));
    return found.map((reset) => (reset instanceof RecordRefused ? undefined : reset));
  }

  /**
   * Saves only where the state is still at `version` (0: there is none yet), and moves its waking in the same call.
   * false: somebody else was first.
   */
  async save(account: AccountId, state: S, version: number, waking: Waking = {}): Promise<boolean> {
    const write: Operation = { type: 'write', key: recordKey(account), value: state, version };
    const wake = 'wakeAt' in waking ? [wakeOperation({ id: account, at: waking.wakeAt })] : [];
    // The wake-up before the save: see `Store.apply`.
    return (await this.#store.apply([...wake, write])).isApplied;
  }

  /**
   * Saves what `decide` makes of the state, and moves its waking in the same call. Where somebody else was first it is
   * asked again; see {@link changeWithResult}.
   */
  async change<R>(
    account: AccountId,
    decide: (state: S | undefined, version: number) => Promise<DecisionWithResult<S, R> & Waking>,
  ): Promise<R> {
    return changeWithResult<S, R>(this.#store, recordKey(account), async (state, version) => {
      const decided = await decide(state, version);
      // The wake-up before the save: see `Store.apply`.
      const before = 'wakeAt' in decided ? [wakeOperation({ id: account, at: decided.wakeAt })] : [];
      return { record: decided.record, result: decided.result, before };
    });
  }

  /** Drops the state and its waking, whoever is at it. */
  async forget(account: AccountId): Promise<void> {
    await changeWithResult(this.#store, recordKey(account), async () => {
      // Only the waking of what is dropped: a reset that begins meanwhile keeps its own.
      const from = await this.wakesAt(account);
      const after = from === undefined ? [] : [wakeOperation({ id: account, at: undefined, from })];
      return { record: REMOVED, result: undefined, after };
    });
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

/** When an account is to be woken. */
export interface Waking {
  /** Absent: as before. undefined: it needs no waking. */
  readonly wakeAt?: Date | undefined;
}

function wakeOperation(entry: Scheduled): Operation {
  return { type: 'schedule', agenda: AGENDA, ...entry };
}

function recordKey(account: AccountId): string {
  return `reset/${account}`;
}
