import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type Posted, TryLater } from './channel.ts';

/** How often a call is made again, and the longest pause, in ms, for which somebody is made to wait. */
const TIMES = 3;
const LONGEST_PAUSE = 30_000;

/** The channel for what must be seen now: where the platform asks for patience, it waits and tries again. */
export function patient(channel: Channel): Channel {
  return {
    platform: channel.platform,
    show: (place, card): Promise<Posted> => obeying(() => channel.show(place, card)),
    replace: (posted, card) => obeying(() => channel.replace(posted, card)),
  };
}

async function obeying<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (let again = TIMES; ; again--) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof TryLater) || again === 0 || error.retryAfterMs > LONGEST_PAUSE) throw error;
      await sleep(error.retryAfterMs);
    }
  }
}
