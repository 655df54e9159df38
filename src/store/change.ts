import { setTimeout as sleep } from 'node:timers/promises';
import { type Operation, type Store, StoreUnavailable, type Versioned } from './store.ts';

/** Decided by a change: the record stays as it is. */
export const UNCHANGED = Symbol('unchanged');
/** Decided by a change: the record is removed. */
export const REMOVED = Symbol('removed');

/** What becomes of a record. */
export type Decision<T> = T | typeof UNCHANGED | typeof REMOVED;

/** The record as it stands after a change. */
export interface Changed<T> {
  /** undefined: there is none. */
  readonly value: T | undefined;
  /** 0: there is none. */
  readonly version: number;
  /** false: the change decided on {@link UNCHANGED}, or there was nothing to remove. */
  readonly isChanged: boolean;
}

/** What becomes of a record, and what the caller is to know about it. */
export interface DecisionWithResult<T, R> {
  readonly record: Decision<T>;
  readonly result: R;
  /** What is applied in the same call where the record changes; see `Store.apply` for which order. */
  readonly before?: readonly Operation[];
  readonly after?: readonly Operation[];
}

type Records = Pick<Store, 'read' | 'apply'>;
type Decide<T, D> = (value: T | undefined, version: number) => D | Promise<D>;

/** Of many processes that change one record, one succeeds in each round: this is enough for a crowd. */
const TRIES_AT_MOST = 60;
const LONGEST_PAUSE_MS = 50;

/**
 * Reads a record, has `decide` say what becomes of it, and writes that at the very version that was read.
 * Where somebody else was first, it all starts again: `decide` is called once more, with the record as it is then.
 * Throws `StoreUnavailable` where that happens too often.
 */
export async function change<T>(
  store: Records,
  key: string,
  decide: Decide<T, Decision<T>>,
): Promise<Changed<T>> {
  const { changed } = await attempt<T, undefined>(store, key, async (value, version) => ({
    record: await decide(value, version),
    result: undefined,
  }));
  return changed;
}

/**
 * The same, for whoever needs to know why, or changes more than this record: gives the result that goes with the
 * decision that was carried out.
 */
export async function changeWithResult<T, R>(
  store: Records,
  key: string,
  decide: Decide<T, DecisionWithResult<T, R>>,
): Promise<R> {
  const { result } = await attempt(store, key, decide);
  return result;
}

async function attempt<T, R>(
  store: Records,
  key: string,
  decide: Decide<T, DecisionWithResult<T, R>>,
): Promise<{ readonly changed: Changed<T>; readonly result: R }> {
  let done: { readonly changed: Changed<T>; readonly result: R } | undefined;
  await tried(key, async () => {
    const found = await store.read<T>(key);
    const decided = await decide(found?.value, found?.version ?? 0);
    const changed = await carryOut(store, key, found, decided);
    done = changed && { changed, result: decided.result };
    return done !== undefined;
  });
  return done as NonNullable<typeof done>;
}

/**
 * Calls `work` until it gives true: false says that somebody else was first. Throws `StoreUnavailable` where that happens
 * too often to what `about` names.
 */
export async function tried(about: string, work: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < TRIES_AT_MOST; tries++) {
    if (tries > 1) await sleep(pauseMs(tries));
    if (await work()) return;
  }
  const message = `The record ${about} was changed by others ${TRIES_AT_MOST} times in a row`;
  throw new StoreUnavailable(message, { code: 'CONTENDED', record: about });
}

/** undefined: somebody else was first. */
async function carryOut<T>(
  store: Records,
  key: string,
  found: Versioned<T> | undefined,
  { record, before = [], after = [] }: DecisionWithResult<T, unknown>,
): Promise<Changed<T> | undefined> {
  const version = found?.version ?? 0;
  if (record === UNCHANGED || (record === REMOVED && found === undefined))
    return { value: found?.value, version, isChanged: false };
  const operation: Operation =
    record === REMOVED ? { type: 'remove', key, version } : { type: 'write', key, value: record, version };
  const { isApplied } = await store.apply([...before, operation, ...after]);
  if (!isApplied) return undefined;
  return record === REMOVED
    ? { value: undefined, version: 0, isChanged: true }
    : { value: record, version: version + 1, isChanged: true };
}

/** Random, so that two that collided once do not collide again; longer where many do. */
function pauseMs(tries: number): number {
  return Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS);
}
