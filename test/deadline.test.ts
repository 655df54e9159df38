import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { inTime, TimeoutError, withDeadline } from '../src/deadline.ts';

const never = new Promise<never>(() => undefined);

test('work that is done in time gives its result, and leaves no timer behind', async () => {
  const timersBefore = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  expect(await withDeadline(Promise.resolve('done'), 60_000, () => 'late')).toBe('done');
  const timersAfter = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  expect(timersAfter).toBe(timersBefore);
});

test('work that fails in time fails', async () => {
  const why = new Error('refused');
  await expect(withDeadline(Promise.reject(why), 60_000, () => 'late')).rejects.toBe(why);
});

test('for work that takes too long, the caller says what is given instead, or throws', async () => {
  expect(await withDeadline(never, 1, () => 'late')).toBe('late');
  const why = new Error('too late');
  const throwing = withDeadline(never, 1, () => {
    throw why;
  });
  await expect(throwing).rejects.toBe(why);
});

test('what stands in for late work may be late itself', async () => {
  expect(await withDeadline(never, 1, async () => 'late')).toBe('late');
});

test('a deadline that has passed already leaves what is done its chance', async () => {
  expect(await withDeadline(Promise.resolve('done'), -1_000, () => 'late')).toBe('done');
});

test('work that must be in time is given, or an error that names the time', async () => {
  expect(await inTime(Promise.resolve('done'), 60_000)).toBe('done');
  await expect(inTime(never, 1)).rejects.toThrow(new TimeoutError('There was no answer in 1 ms'));
});

test('work that fails after its deadline ends no process', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listen);
  let fail: (why: Error) => void = () => undefined;
  const failing = new Promise<never>((_, reject) => {
    fail = reject;
  });
  expect(await withDeadline(failing, 1, () => 'late')).toBe('late');
  fail(new Error('long after'));
  await sleep(1);
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
});
