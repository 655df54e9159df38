import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './bench.ts';
import type { Server } from './server.ts';

/** Somebody who has a card before them, on either platform. */
export interface Walker {
  /** Clicks, and waits until the card has changed. Gives how long the answer took, in ms. */
  press(verb: string): Promise<number>;
}

/** A bot in its own process, and the people who talk to it from this one. */
export interface Crowd<Person extends Walker> {
  readonly server: Server<{ url: string }>;
  readonly people: readonly Person[];
}

/** In one round, by people who do not wait a second. */
const ACTIONS = 300;
/** Of one round, with people who do: even, so that everybody ends where they began. */
const SECONDS = 4;

/** Processor time of the crowd's bot for one action, in µs. */
export async function cpuOfAnAction(crowd: Crowd<Walker>): Promise<number> {
  return (await processorTime(crowd, () => withoutRest(crowd))) / ACTIONS;
}

export async function actionsASecond(crowd: Crowd<Walker>): Promise<number> {
  const started = performance.now();
  await withoutRest(crowd);
  return ACTIONS / ((performance.now() - started) / 1000);
}

/** Everybody clicks once a second, each at their own moment of it. Gives the 99th percentile of the answers, in ms. */
export async function slowestOfAHundred({ people }: Crowd<Walker>): Promise<number> {
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

/** Processor time of the crowd's bot during `work`, in µs. */
export async function processorTime(
  { server }: Crowd<Walker>,
  work: () => Promise<unknown>,
): Promise<number> {
  const before = await server.usage();
  await work();
  const after = await server.usage();
  return after.cpu - before.cpu;
}

async function withoutRest({ people }: Crowd<Walker>): Promise<void> {
  await Promise.all(
    people.map(async (person) => {
      for (let number = 0; number < ACTIONS / people.length; number++) await click(person, number);
    }),
  );
}

/** « C'est fait » and « Étape précédente », for ever. */
function click(person: Walker, number: number): Promise<number> {
  return person.press(number % 2 === 0 ? 'done' : 'back');
}
