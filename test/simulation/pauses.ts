import type { Scheduler } from 'fast-check';

/** Stands for `node:timers/promises`: a pause of the bot's own ends whenever the scheduler says so, before or after anything else. */
let scheduler: Scheduler | undefined;

export function pauseWith(given: Scheduler): void {
  scheduler = given;
}

export async function setTimeout<Value>(_ms: number, value: Value): Promise<Value> {
  await scheduler?.schedule(Promise.resolve(), 'a pause ends');
  return value;
}
