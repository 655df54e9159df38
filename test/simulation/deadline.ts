import { setTimeout as pause } from './pauses.ts';

/** Stands for `src/deadline.ts`: the bot stops waiting whenever the scheduler says so, before or after anything else. */
export async function withDeadline<Result, Late>(
  work: Promise<Result>,
  timeoutMs: number,
  late: () => Late,
): Promise<Result | Late> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  return Promise.race([
    done,
    pause(timeoutMs, undefined).then<Result | Late>(() => (isDone ? done : late())),
  ]);
}

/** A platform's half minute outlasts every order. */
export async function inTime<Result>(work: Promise<Result>): Promise<Result> {
  return work;
}
