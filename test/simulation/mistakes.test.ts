import { execFile } from 'node:child_process';
import { expect, test } from '@jest/globals';
import mistakes from './mistakes.json' with { type: 'json' };

/** Plays the schedules with one mistake made on purpose; gives what jest has printed. */
async function played(mistake: string): Promise<string> {
  const jest = ['node_modules/jest/bin/jest.js', '--config', 'jest.simulation.config.js', 'orders'];
  const env = { ...process.env, MISTAKE: mistake };
  return new Promise((resolve) => {
    execFile(process.execPath, jest, { env, maxBuffer: 1 << 28 }, (_error, _stdout, stderr) =>
      resolve(stderr),
    );
  });
}

test.each(mistakes)('the mistake « $name » is caught, by $promise', async ({ name, promise }) => {
  expect(/Broken: (P\d)/.exec(await played(name))?.[1]).toBe(promise);
});
