import { type Bench, inTurn, type Measured } from './bench.ts';
import { besideBareBot } from './beside-bare-bot.ts';
import type { TeamsPerson } from './teams-side.ts';
import { actionsASecond, type Crowd, cpuOfAnAction, slowestOfAHundred } from './walking.ts';

const ROUNDS = 9;

export const benches: Bench[] = [
  { name: 'teams action cpu', unit: 'µs', run: () => walked(10, cpuOfAnAction) },
  { name: 'teams action p99', unit: 'ms', run: () => walked(50, slowestOfAHundred) },
  { name: 'teams action throughput', unit: 'requests/s', run: () => walked(10, actionsASecond) },
];

/** Each of the people has a reset of their own, at its second step. */
async function walked(
  people: number,
  measure: (crowd: Crowd<TeamsPerson>) => Promise<number>,
): Promise<Measured> {
  return besideBareBot({ people }, async (ours, floor) => {
    for (const person of [...ours.people, ...floor.people]) {
      await person.say('réinitialiser');
      await person.press('done');
    }
    return inTurn(
      ROUNDS,
      () => measure(ours),
      () => measure(floor),
    );
  });
}
