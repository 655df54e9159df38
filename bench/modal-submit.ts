import { PASSWORD } from './accounts.ts';
import { type Bench, inTurn, type Measured } from './bench.ts';
import { besideBareBot } from './beside-bare-bot.ts';
import type { TeamsPerson } from './teams-side.ts';
import { type Crowd, processorTime } from './walking.ts';

const PEOPLE = 100;

export const benches: Bench[] = [
  {
    name: 'modal submit cpu',
    unit: 'µs',
    run: () => submitted(async (crowd) => (await processorTime(crowd, () => submitAll(crowd))) / PEOPLE),
  },
  {
    name: 'modal submit time',
    unit: 'ms',
    run: () => submitted(async (crowd) => (await submitAll(crowd)) / PEOPLE),
  },
];

/** A valid password before « Soumettre », which is inspected and sealed as pending. The floor seals and writes it. */
async function submitted(measure: (crowd: Crowd<TeamsPerson>) => Promise<number>): Promise<Measured> {
  return besideBareBot({ people: PEOPLE, keeps: true }, async (ours, floor) => {
    for (const person of ours.people) {
      await person.say('réinitialiser');
      // To « copiez le mot de passe », and one further: the form is a step back, where the first password leaves the card.
      for (let step = 1; step <= 5; step++) await person.press('done');
    }
    return inTurn(
      9,
      async () => {
        for (const person of ours.people) {
          if (!person.isFormOffered) await person.press('back');
          await person.openForm();
        }
        return measure(ours);
      },
      () => measure(floor),
    );
  });
}

/** One after the other. Gives how long they waited for their answers, in ms. */
async function submitAll({ people }: Crowd<TeamsPerson>): Promise<number> {
  let milliseconds = 0;
  for (const person of people) milliseconds += await person.submit(PASSWORD);
  return milliseconds;
}
