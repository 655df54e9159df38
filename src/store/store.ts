import type { Exposed } from '../private-file.ts';
import { errorCode } from './error-code.ts';

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

/** One step of {@link Store.apply}. */
export type Operation =
  /**
   * Refused unless the record is still at `version` (0: it does not exist yet; {@link ANY_VERSION}: whatever is there).
   * It is at `version + 1` then, or at `newVersion`.
   */
  | {
      readonly type: 'write';
      readonly key: string;
      readonly value: unknown;
      readonly version: number;
      readonly newVersion?: number;
    }
  /** Refused unless the record is still at `version` ({@link ANY_VERSION}: unless there is something). */
  | { readonly type: 'remove'; readonly key: string; readonly version: number }
  /** Refused where somebody holds it. `token` is the caller's own, and releases it. */
  | { readonly type: 'claim'; readonly key: string; readonly token: string; readonly lifeMs: number }
  /** Never refused: an entry that `from` does not fit is left out. */
  | ({ readonly type: 'schedule'; readonly agenda: string } & Scheduled);

export type Applied =
  | { readonly isApplied: true }
  /** `refused`: the place of the first operation that was refused, from 0. */
  | { readonly isApplied: false; readonly refused: number };

/**
 * What is kept, on either driver. Every call answers within two seconds or throws `StoreUnavailable`.
 * A call that threw may have had its effect or not; it never has it later.
 */
export interface Store {
  /** Throws `RecordRefused` where what is there is not to be used. */
  read<T>(key: string): Promise<Versioned<T> | undefined>;
  /** In the order of `keys`, in one round trip. One that is refused does not hide the others. */
  readMany<T>(keys: readonly string[]): Promise<(Versioned<T> | RecordRefused | undefined)[]>;
  /**
   * Writes only where the record is still at `version` (0: it does not exist yet).
   * true: written, durable, and now at `version + 1`. false: somebody else was first.
   */
  write<T>(key: string, value: T, version: number): Promise<boolean>;
  /** Removes only where the record is still at `version` ({@link ANY_VERSION}: whatever is there). */
  remove(key: string, version: number): Promise<boolean>;
  /**
   * Applies several operations in their order; each sees what those before it have done.
   *
   * On LMDB, on one Redis and behind Sentinel all of them are applied or none, whatever fails: it is one transaction with
   * one flush, or one script in one round trip. In a Redis Cluster, whose keys lie on several servers, each is applied by
   * itself, in order, up to the first that is refused or fails; those before it have had their effect by then.
   *
   * So the order matters where a crash may come between: **the wake-up before the save**. An entry of an agenda stands
   * before the write that it is for. The other way round, a crash between leaves a record that nobody ever looks at again;
   * this way, somebody looks once in vain. Where the instant has come already, whoever looks at once may be there before
   * the write: then the same entry stands after the write too.
   */
  apply(operations: readonly Operation[]): Promise<Applied>;
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

/** The calls for one thing, which a store has when it has those for many. */
type SingleCalls = Pick<Store, 'write' | 'remove' | 'claim' | 'release' | 'schedule' | 'unschedule'>;

/** Makes the calls for one thing of those for many. A driver extends it, and implements the rest of {@link Store}. */
export abstract class StoreBase implements SingleCalls {
  abstract apply(operations: readonly Operation[]): Promise<Applied>;
  abstract claimMany(keys: readonly string[], lifeMs: number): Promise<(string | undefined)[]>;
  abstract releaseMany(claims: readonly Claimed[]): Promise<void>;
  abstract scheduleMany(agenda: string, entries: readonly Scheduled[]): Promise<void>;

  async write<T>(key: string, value: T, version: number): Promise<boolean> {
    return (await this.apply([{ type: 'write', key, value, version }])).isApplied;
  }

  async remove(key: string, version: number): Promise<boolean> {
    return (await this.apply([{ type: 'remove', key, version }])).isApplied;
  }

  async claim(key: string, lifeMs: number): Promise<string | undefined> {
    const [token] = await this.claimMany([key], lifeMs);
    return token;
  }

  async release(key: string, token: string): Promise<void> {
    await this.releaseMany([{ key, token }]);
  }

  async schedule(agenda: string, id: string, at: Date): Promise<void> {
    await this.scheduleMany(agenda, [{ id, at }]);
  }

  async unschedule(agenda: string, id: string): Promise<void> {
    await this.scheduleMany(agenda, [{ id, at: undefined }]);
  }
}

/** The store did not answer, or refused. The cause is kept; a record's content never is. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable';
  /** Why, in one word: the driver's, or one of ours. */
  readonly code: string | undefined;
  /** The one record that is in trouble, where it is not the whole store. */
  readonly record: string | undefined;

  constructor(message: string, options: UnavailableOptions = {}) {
    super(message, options);
    this.code = options.code ?? errorCode(options.cause);
    this.record = options.record;
  }
}

interface UnavailableOptions extends ErrorOptions {
  readonly code?: string;
  readonly record?: string;
}

/** Names whatever version there is: also that of a record that cannot be read. */
export const ANY_VERSION = -1;

/**
 * One record is not to be used: somebody else than the bot has written it, or nobody can tell.
 * The others are not concerned.
 */
export class RecordRefused extends StoreUnavailable {
  override readonly name = 'RecordRefused';
  readonly key: string;
  /** At which it is replaced or removed; as it says itself. */
  readonly version: number;
  /**
   * `changed`: what it holds, its key or its version is not what was signed. `unsigned`: it has no signature any more.
   * `keyMissing`: it was signed with a key that is not in `STORE_KEYS_FILE`. `unreadable`: it is no record at all.
   */
  readonly why: 'changed' | 'unsigned' | 'keyMissing' | 'unreadable';

  constructor(key: string, version: number, why: RecordRefused['why']) {
    super(`The record ${key} is refused: ${why}`, { record: key });
    this.key = key;
    this.version = version;
    this.why = why;
  }
}

/** What to catch with, where one record that is refused does not end everything: gives it, and throws anything else on. */
export function ifRefused(error: unknown): RecordRefused {
  if (error instanceof RecordRefused) return error;
  throw error;
}

export interface StoreOptions {
  /** Accept a Redis that may evict or lose what it acknowledged (`ALLOW_VOLATILE_REDIS=1`). */
  readonly allowVolatile?: boolean;
  /** Accept a Redis on another machine without TLS (`ALLOW_PLAINTEXT_REDIS=1`). */
  readonly allowPlaintext?: boolean;
  /** Told of files of the store that others could open. */
  readonly onExposed?: (exposed: Exposed) => void;
}
