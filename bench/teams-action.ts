import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, inTurn, type Measured, percentile } from './bench.ts';
import { besideBareBot, type Crowd, processorTime } from './crowd.ts';
import type { Person } from './teams-side.ts';

const ROUNDS = 9;
/** In one round, by people who do not wait a second. */
const ACTIONS = 300;
/** Of one round, with people who do: even, so that everybody ends where they began. */
const SECONDS = 4;

export const benches: Bench[] = [
  { name: 'teams action cpu', unit: 'µs', run: () => walked(10, cpuOfAnAction) },
  { name: 'teams action p99', unit: 'ms', run: () => walked(50, slowestOfAHundred) },
  { name: 'teams action throughput', unit: 'requests/s', run: () => walked(10, actionsASecond) },
];

/** Each of the people has a reset of their own, at its second step. */
async function walked(people: number, measure: (crowd: Crowd) => Promise<number>): Promise<Measured> {
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

async function cpuOfAnAction(crowd: Crowd): Promise<number> {
  return (await processorTime(crowd, () => withoutRest(crowd))) / ACTIONS;
}

async function actionsASecond(crowd: Crowd): Promise<number> {
  const started = performance.now();
  await withoutRest(crowd);
  return ACTIONS / ((performance.now() - started) / 1000);
}

async function withoutRest({ people }: Crowd): Promise<void> {
  await Promise.all(
    people.map(async (person) => {
      for (let number = 0; number < ACTIONS / people.length; number++) await click(person, number);
    }),
  );
}

/** Everybody clicks once a second, each at their own moment of it. Gives the 99th percentile of the answers, in ms. */
async function slowestOfAHundred({ people }: Crowd): Promise<number> {
  const answered: number[] = [];
  await Promise.all(
    people.map(async (person, index) => {
      const first = performance.now() + (index / people.length) * 1000;
      for (let second = 0; second < SECONDS; second++) {
        await sleep(first + second * 1000 - performance.now());
        answered.push(await click(person, second));
      }
    }),
  );
  return percentile(99, answered);
}

/** « C'est fait » and « Étape précédente », for ever. */
function click(person: Person, number: number): Promise<number> {
  return person.press(number % 2 === 0 ? 'done' : 'back');
}
