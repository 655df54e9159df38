/** Something took longer than it may. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * Gives what `work` gives, or what `late` gives or throws once `work` has taken longer than that.
 * The work itself goes on; what becomes of it later is the caller's to know.
 */
export async function withDeadline<Result, Late>(
  work: Promise<Result>,
  timeoutMs: number,
  late: () => Late,
): Promise<Result | Awaited<Late>> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, timeoutMs));
  });
  try {
    return await Promise.race([work, timeout.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}

/** Gives what `work` gives. Throws {@link TimeoutError} once it has taken longer than that. */
export async function inTime<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  return withDeadline(work, timeoutMs, () => {
    throw new TimeoutError(`There was no answer in ${timeoutMs} ms`);
  });
}
