/** A deadline that can be lifted. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Resolves at the deadline; never, once it is lifted. */
  readonly over: Promise<void>;
  readonly lift: () => void;
}

/**
 * Aborts after `ms`; whoever has done by then lifts it. Node keeps an `AbortSignal.timeout` that somebody listens to until
 * its time has come, with all that its listeners hold: the tests and the passwords of the last twenty seconds.
 */
export function timeLimit(ms: number): TimeLimit {
  const signal = AbortSignal.timeout(ms);
  let lift = () => {};
  const over = new Promise<void>((resolve) => {
    const listener = () => resolve();
    signal.addEventListener('abort', listener, { once: true });
    lift = () => signal.removeEventListener('abort', listener);
  });
  return { signal, over, lift };
}
