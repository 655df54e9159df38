import { TimeoutError, withDeadline } from './deadline.ts';
import { errorFields, type Log } from './log.ts';

export interface ReadinessOptions {
  /** What must work for the bot to be of use, by name; a check that fails throws. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly log: Log;
  /** A check that takes longer fails. */
  readonly timeoutMs?: number;
}

export interface FailedCheck {
  readonly check: string;
  /** A code: `OOM`, `ENOSPC`, `READONLY`, `TimeoutError`. Never what a message said. */
  readonly reason: string;
}

/** A check of our own fails, for this reason. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
  readonly code: string;

  constructor(code: string) {
    super('The bot is not ready');
    this.code = code;
  }
}

const CHECK_TIMEOUT_MS = 2_000;

/** Whether the bot is of use at the moment, for `/readyz`. */
export class Readiness {
  readonly #options: ReadinessOptions;
  #running: Promise<readonly FailedCheck[]> | undefined;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** The checks that fail; none: the bot is ready. However many ask at once, each check is made once. Never rejects. */
  async failed(): Promise<readonly FailedCheck[]> {
    this.#running ??= this.#check().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #check(): Promise<readonly FailedCheck[]> {
    const { checks, log, timeoutMs = CHECK_TIMEOUT_MS } = this.#options;
    const all = Object.entries(checks).map(async ([check, work]) => {
      const failure = await failureOf(work, timeoutMs);
      if (failure === undefined) return [];
      const fields = errorFields(failure.error);
      log.warn('ready.failed', { check, ...fields });
      return [{ check, reason: fields.code ?? fields.error ?? 'unknown' }];
    });
    return (await Promise.all(all)).flat();
  }
}

/** What the check threw, or that it took too long; undefined when it passed. */
async function failureOf(
  check: () => Promise<unknown>,
  timeoutMs: number,
): Promise<{ readonly error: unknown } | undefined> {
  const failed = Promise.resolve()
    .then(check)
    .then(
      () => undefined,
      // Anything may be thrown, nothing too.
      (error: unknown) => ({ error }),
    );
  return withDeadline(failed, timeoutMs, () => ({ error: new TimeoutError() }));
}
