import { setTimeout as sleep } from 'node:timers/promises';
import { type Store, StoreUnavailable } from './store.ts';

/** Decided by a change: the record stays as it is. */
export const UNCHANGED = Symbol('unchanged');
/** Decided by a change: the record is removed. */
export const REMOVED = Symbol('removed');

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

/** Of many processes that change one record, one succeeds in each round: this is enough for a crowd. */
const TRIES_AT_MOST = 60;
const LONGEST_PAUSE_MS = 50;

/**
 * Reads a record, has `decide` say what becomes of it, and writes that at the very version that was read.
 * Where somebody else was first, it all starts again: `decide` is called once more, with the record as it is then.
 * Throws `StoreUnavailable` where that happens too often.
 */
export async function change<T>(
  store: Pick<Store, 'read' | 'write' | 'remove'>,
  key: string,
  decide: (value: T | undefined, version: number) => Decision<T> | Promise<Decision<T>>,
): Promise<Changed<T>> {
  for (let tries = 0; tries < TRIES_AT_MOST; tries++) {
    if (tries > 1) await sleep(pauseMs(tries));
    const found = await store.read<T>(key);
    const version = found?.version ?? 0;
    const decided = await decide(found?.value, version);
    if (decided === UNCHANGED || (decided === REMOVED && found === undefined))
      return { value: found?.value, version, isChanged: false };
    if (decided === REMOVED) {
      if (await store.remove(key, version)) return { value: undefined, version: 0, isChanged: true };
    } else if (await store.write(key, decided, version)) {
      return { value: decided, version: version + 1, isChanged: true };
    }
  }
  throw new StoreUnavailable(`The record ${key} was changed by others ${TRIES_AT_MOST} times in a row`);
}

/** Random, so that those who met once do not meet again; longer where many do. */
function pauseMs(tries: number): number {
  return Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS);
}
