import { setTimeout as sleep } from 'node:timers/promises';

export interface BeatOptions {
  /** In ms, between the end of one time and the beginning of the next. */
  readonly pause: number;
  readonly work: () => Promise<unknown>;
  readonly failed: (error: unknown) => void;
  /** The work has come to its end. */
  readonly ended: () => void;
  readonly now: () => Date;
}

/** Does something over and over, never twice at a time, and knows when it last came to its end. */
export class Beat {
  readonly #options: BeatOptions;
  readonly #stopping = new AbortController();
  readonly #beating: Promise<void>;
  #lastEnd: Date;

  constructor(options: BeatOptions) {
    this.#options = options;
    this.#lastEnd = options.now();
    this.#beating = this.#beat();
  }

  /** Before the first, when it began. */
  get lastEnd(): Date {
    return this.#lastEnd;
  }

  /** Resolves when what is being done is done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#beating;
  }

  async #beat(): Promise<void> {
    const { pause, work, failed, ended, now } = this.#options;
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await work();
        this.#lastEnd = now();
        ended();
      } catch (error) {
        failed(error);
      }
    }
  }
}
