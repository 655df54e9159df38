export interface Versioned<T> {
  readonly value: T;
  readonly version: number;
}

export interface Claimed {
  readonly key: string;
  readonly token: string;
}

export interface Scheduled {
  readonly id: string;
  /** undefined: it is unscheduled. */
  readonly at: Date | undefined;
  /** Where it is given: nothing changes unless the agenda still has this instant, or still has none. */
  readonly from?: Date | 'none';
}

/**
 * What is kept, on either driver. Every call answers within two seconds or throws `StoreUnavailable`.
 * A call that threw may have had its effect or not; it never has it later.
 */
export interface Store {
  read<T>(key: string): Promise<Versioned<T> | undefined>;
  /** In the order of `keys`, in one round trip. */
  readMany<T>(keys: readonly string[]): Promise<(Versioned<T> | undefined)[]>;
  /**
   * Writes only where the record is still at `version` (0: it does not exist yet).
   * true: written, durable, and now at `version + 1`. false: somebody else was first.
   */
  write<T>(key: string, value: T, version: number): Promise<boolean>;
  /** Removes only where the record is still at `version`. */
  remove(key: string, version: number): Promise<boolean>;
  /** In no order, and without remembering them all: one may come twice. A key that is written or removed meanwhile may be missed. */
  keys(prefix: string): AsyncIterable<string>;
  /** Takes `key` for `lifeMs` at most; gives the token that releases it, or undefined where somebody holds it. */
  claim(key: string, lifeMs: number): Promise<string | undefined>;
  /** In the order of `keys`, each for itself, in one round trip. */
  claimMany(keys: readonly string[], lifeMs: number): Promise<(string | undefined)[]>;
  /** Does nothing where the claim has expired or is somebody else's by now. */
  release(key: string, token: string): Promise<void>;
  releaseMany(claims: readonly Claimed[]): Promise<void>;
  /** Puts `id` in the agenda at this instant; an id that is already there is moved. */
  schedule(agenda: string, id: string, at: Date): Promise<void>;
  unschedule(agenda: string, id: string): Promise<void>;
  /** Each entry for itself, in one round trip. */
  scheduleMany(agenda: string, entries: readonly Scheduled[]): Promise<void>;
  /** When each id is due, in the order of `ids`; undefined: it is not in the agenda. */
  scheduled(agenda: string, ids: readonly string[]): Promise<(Date | undefined)[]>;
  /** At most `limit` ids whose instant is `now` or before, the earliest first. They stay in the agenda. */
  due(agenda: string, now: Date, limit: number): Promise<string[]>;
  /** Resolves where the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The store did not answer, or refused. The cause is kept; a record's content never is. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable';
}

export interface StoreOptions {
  /** Accept a Redis that may evict or lose what it acknowledged (`ALLOW_VOLATILE_REDIS=1`). */
  readonly allowVolatile?: boolean;
}
