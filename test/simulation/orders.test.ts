import { expect, test } from '@jest/globals';
import fc, { type Scheduler } from 'fast-check';
import { isFull, tell } from '../volume.ts';
import { action, type Fate, fate, type PersonAction } from './events.ts';
import { beginAnew } from './ids.ts';
import { pauseWith } from './pauses.ts';
import { People } from './people.ts';
import { Promises } from './promises.ts';
import { World } from './world.ts';

const RUNS = isFull('simulation') ? 100_000 : 2_000;
/** The full volume takes about half an hour on two cores. */
const LONGEST_MS = isFull('simulation') ? 4 * 60 * 60_000 : 10 * 60_000;
/** What a failure has printed, to play it again; a mistake that is made on purpose is played the same way each time. */
const { SIMULATION_SEED, SIMULATION_PATH, MISTAKE } = process.env;
const SEED = MISTAKE === undefined ? SIMULATION_SEED : '1';

interface Schedule {
  readonly s: Scheduler;
  readonly replicas: number;
  readonly actions: readonly PersonAction[];
  readonly fates: readonly Fate[];
}

const schedule = fc.record({
  s: fc.scheduler(),
  replicas: fc.constantFrom(2, 3),
  actions: fc.array(action, { maxLength: 22, size: 'max' }),
  fates: fc.array(fate, { maxLength: 8, size: 'max' }),
});

async function play({ s, replicas, actions, fates }: Schedule): Promise<World> {
  pauseWith(s);
  beginAnew();
  const world = new World(s, replicas);
  const promises = new Promises(world);
  await world.settle();
  const people = new People(world, promises);
  const lives = [people.live(actions), people.suffer(fates)];
  await runDry(s, promises);
  await Promise.all(lives);

  world.heal();
  for (const ms of AFTERWARDS) {
    world.pass(ms);
    world.tick();
    await runDry(s, promises);
  }
  promises.checkAfterwards();
  return world;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Enough for what a crash has cut off, for every test that was put off, and for a working day's morning, three times. */
const AFTERWARDS = [31_000, 61 * MINUTE, DAY, DAY, DAY, 31_000];

const MOST_TASKS = 10_000;

/** Task by task, until nothing is under way. After each one, the promises are looked at. */
async function runDry(s: Scheduler, promises: Promises): Promise<void> {
  for (let tasks = 0; tasks < MOST_TASKS; tasks++) {
    await new Promise(setImmediate);
    promises.check();
    if (s.count() === 0) return;
    // `waitNext` lets fifty turns pass before each task, for what has been drained here already.
    await s.waitOne();
  }
  throw new Error('the bot never comes to rest');
}

test(
  'whatever the order of events, every promise holds',
  async () => {
    const seen = { schedules: 0, tasks: 0, 'resets begun': 0, 'passwords accepted': 0, 'messages posted': 0 };
    await fc.assert(
      fc.asyncProperty(schedule, async (given) => {
        const { acceptedByChorus, store, messages } = await play(given);
        seen.schedules += 1;
        seen.tasks += given.s.report().length;
        seen['resets begun'] += store.peekKeys('reset/').length;
        seen['passwords accepted'] += acceptedByChorus.size - 1;
        seen['messages posted'] += messages.size;
      }),
      {
        numRuns: RUNS,
        ...(SEED === undefined ? {} : { seed: Number(SEED) }),
        ...(SIMULATION_PATH === undefined ? {} : { path: SIMULATION_PATH }),
        // Only what is played again is made as short as it can be: that takes a while.
        endOnFailure: SIMULATION_SEED === undefined,
      },
    );
    tell('simulation', 'orders', seen);
    // Schedules in which nothing happens would hold every promise.
    expect(seen['passwords accepted']).toBeGreaterThan(RUNS / 10);
    expect(seen['messages posted']).toBeGreaterThan(RUNS);
  },
  LONGEST_MS,
);
