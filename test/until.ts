import { setTimeout as sleep } from 'node:timers/promises';

/** In ms: below what jest gives a test, so that what has not come is named. No verdict depends on it. */
const LONGEST_MS = 100_000;

/** What `look` gives, as soon as it is true. Throws, with `what` it has waited for, when it never comes. */
export async function until<T>(
  look: () => T | Promise<T>,
  what: () => string = () => `${look}`,
): Promise<NonNullable<T>> {
  for (const end = performance.now() + LONGEST_MS; performance.now() < end; await sleep(5)) {
    const seen = await look();
    if (seen) return seen;
  }
  throw new Error(`it has not come: ${what()}`);
}
