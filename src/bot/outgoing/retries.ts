import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type Posted, TryLater } from '../channel.ts';

/** So long somebody is made to wait; after that the answer is of no use to them any more. */
const LONGEST_MS = 10 * 60_000;
/** From the second pause on, the least that is waited: it doubles up to the longest. */
const SECOND_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** The channel for what must be seen now: what the platform does not take for the moment is tried again. */
export function patient(channel: Channel): Channel {
  return {
    platform: channel.platform,
    show: (place, card): Promise<Posted> => patiently(() => channel.show(place, card)),
    replace: (posted, card) => patiently(() => channel.replace(posted, card)),
  };
}

/**
 * What the call gives, once the platform takes it. Waits for as long as the platform asks, and ever longer. Throws
 * {@link TryLater} where the next attempt would begin later than `patienceMs` from now.
 */
export async function patiently<Answer>(
  call: () => Promise<Answer>,
  patienceMs = LONGEST_MS,
): Promise<Answer> {
  const until = performance.now() + patienceMs;
  for (let leastMs = 0; ; leastMs = longer(leastMs)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof TryLater)) throw error;
      const pauseMs = Math.max(error.retryAfterMs, leastMs);
      if (performance.now() + pauseMs > until) throw error;
      await sleep(pauseMs);
    }
  }
}

/** With a part of chance, so that many who were refused at once do not come back at once. */
function longer(pauseMs: number): number {
  const doubled = Math.min(Math.max(2 * pauseMs, SECOND_PAUSE_MS), LONGEST_PAUSE_MS);
  return doubled * (1 + Math.random() / 4);
}
