import { errorFields, type Log } from '../../log.ts';

/** Work that nobody waits for, except a stop that loses nothing. Its failures are logged. */
export class Background {
  readonly #log: Log;
  readonly #running = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Resolves when this work has ended, or failed. */
  run(work: Promise<unknown>): Promise<void> {
    const tracked = work
      .then(
        () => undefined,
        (error: unknown) => this.#log.error('background.failed', errorFields(error)),
      )
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }

  /** Resolves when nothing is running any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
