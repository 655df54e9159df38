import { bareStore } from '../bare-store.ts';
import type { Morning } from '../tick.ts';
import { givenOptions, memory, serveParent, timed, timedOften } from './parent.ts';
import type { TickerOptions } from './ticker.ts';

const { url, due } = givenOptions<TickerOptions>();
const bare = await bareStore(url, due);

async function nextMorning(): Promise<Morning> {
  return {
    tick: await timed(() => bare.tick()),
    reads: await timedOften(() => bare.reads()),
    memory: memory(),
  };
}

serveParent({}, () => bare.close(), nextMorning);
