import { setTimeout as sleep } from 'node:timers/promises';

export interface TickerOptions {
  /** Between the end of one time and the beginning of the next. */
  readonly pauseMs: number;
  /** The first time is at once, not after a pause. */
  readonly isAtOnce?: boolean;
  readonly work: () => Promise<unknown>;
  readonly failed: (error: unknown) => void;
  /** The work has come to its end. */
  readonly ended: () => void;
  readonly now: () => Date;
}

/** Does something over and over, never twice at a time, and knows when it last came to its end. */
export class Ticker {
  readonly #options: TickerOptions;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #lastEnd: Date;

  constructor(options: TickerOptions) {
    this.#options = options;
    this.#lastEnd = options.now();
    this.#running = this.#run();
  }

  /** Before the first, when it began. */
  get lastEnd(): Date {
    return this.#lastEnd;
  }

  /** Resolves when what is being done is done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { pauseMs, isAtOnce = false, work, failed, ended, now } = this.#options;
    const { signal } = this.#stopping;
    for (let times = 0; ; times++) {
      const isWithoutPause = isAtOnce && times === 0;
      await sleep(isWithoutPause ? 0 : pauseMs, undefined, { signal }).catch(() => undefined);
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
