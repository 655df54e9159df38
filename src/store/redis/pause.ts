export const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** Growing, and random, so that many processes do not all come back at once. */
export function reconnectPauseMs(retries: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** retries, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
}
