import { bareStore } from '../bare-store.ts';
import { type Morning, memory, type TickerOptions, timed, timedOften } from './morning.ts';
import { givenOptions, serveParent } from './parent.ts';

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
