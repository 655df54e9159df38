import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type Posted, TryLater } from '../channel.ts';

/** In ms: so long somebody is made to wait; after that the answer is of no use to them any more. */
const LONGEST = 10 * 60_000;

/** The channel for what must be seen now: where the platform asks for patience, it waits and tries again. */
export function patient(channel: Channel): Channel {
  return {
    platform: channel.platform,
    show: (place, card): Promise<Posted> => patiently(() => channel.show(place, card)),
    replace: (posted, card) => patiently(() => channel.replace(posted, card)),
  };
}

/** What the call gives, once the platform takes it. Throws {@link TryLater} where that would be too late. */
export async function patiently<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  const until = performance.now() + LONGEST;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof TryLater) || performance.now() + error.retryAfterMs > until) throw error;
      await sleep(error.retryAfterMs);
    }
  }
}
