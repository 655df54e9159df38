import { PASSWORD } from './accounts.ts';
import type { Bench, Measured } from './bench.ts';
import { besideBareBot } from './beside-bare-bot.ts';
import { Server } from './server.ts';
import type { TeamsPerson } from './teams-side.ts';
import type { Crowd } from './walking.ts';

const WALKS = 1_000;
/** How many people walk at the same time. */
const AT_ONCE = 10;

export const benches: Bench[] = [{ name: 'memory walks', unit: 'MB resident', run: afterTheWalks }];

/** After a thousand resets from the first step to the last; the floor has answered as many messages and clicks. */
async function afterTheWalks(): Promise<Measured> {
  const simulator = await Server.start<{ url: string }>('simulator', { accounts: WALKS });
  try {
    return await besideBareBot({ people: WALKS, chorusUrl: simulator.ready.url }, async (ours, floor) => ({
      ours: await residentAfter(ours, walk),
      floor: await residentAfter(floor, bareWalk),
    }));
  } finally {
    await simulator.stop();
  }
}

async function residentAfter(
  { server, people }: Crowd<TeamsPerson>,
  walking: (person: TeamsPerson) => Promise<void>,
): Promise<number> {
  const waiting = [...people];
  const walkOn = async () => {
    for (let person = waiting.pop(); person !== undefined; person = waiting.pop()) await walking(person);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, walkOn));
  return (await server.usage()).resident / 1_000_000;
}

/** The password is kept before « Soumettre », and tested once the e-mail has come. */
async function walk(person: TeamsPerson): Promise<void> {
  await person.say('réinitialiser');
  for (let step = 1; step <= 4; step++) await person.press('done');
  await person.openForm();
  await person.submit(PASSWORD);
  // Soumettre, the e-mail and with it the test, accepted, reported.
  for (let step = 1; step <= 4; step++) await person.press('done');
}

async function bareWalk(person: TeamsPerson): Promise<void> {
  await person.say('réinitialiser');
  for (let click = 1; click <= 10; click++) await person.press('done');
}
