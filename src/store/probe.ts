import { randomUUID } from 'node:crypto';
import type { Store } from './store.ts';

/** Longer than a store takes to answer. */
const PROBE_LIFE_MS = 60_000;

export interface StoreProbeOptions {
  readonly store: Pick<Store, 'claim' | 'release'>;
  /** Called after each look: `failure` is what the store threw; undefined: it has taken the write. */
  readonly looked: (failure: unknown) => void;
}

/**
 * Whether the store takes writes. It has to be tried: a store whose memory or disk is full, or that has become a
 * replica, refuses every write and answers every read.
 */
export class StoreProbe {
  readonly #options: StoreProbeOptions;
  /** What the last look gives or throws. */
  #last: Promise<void> | undefined;

  constructor(options: StoreProbeOptions) {
    this.#options = options;
  }

  /** Writes, and takes away what it has written. What fails is told to `looked`, and thrown by `assertWritable`. */
  async look(): Promise<void> {
    const written = this.#write();
    // While nobody has looked yet, whoever asks waits for this one.
    this.#last ??= written;
    const failure = await written.then(
      () => undefined,
      (error: unknown) => error ?? new Error('nothing was thrown'),
    );
    this.#last = written;
    this.#options.looked(failure);
  }

  /** Throws what the last look has thrown. Before the first one it waits for one. */
  async assertWritable(): Promise<void> {
    if (this.#last === undefined) void this.look();
    await this.#last;
  }

  async #write(): Promise<void> {
    const { store } = this.#options;
    const key = `probe/${randomUUID()}`;
    const token = await store.claim(key, PROBE_LIFE_MS);
    if (token !== undefined) await store.release(key, token);
  }
}
