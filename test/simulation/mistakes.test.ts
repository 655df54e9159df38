import { execFile } from 'node:child_process';
import { expect, test } from '@jest/globals';
import mistakes from './mistakes.json' with { type: 'json' };

/** Plays the schedules with one mistake made on purpose; gives what jest has printed. */
async function played(mistake: string): Promise<string> {
  const jest = [
    'node_modules/jest/bin/jest.js',
    'simulation/orders',
    '--selectProjects',
    'simulation',
    '--forceExit',
  ];
  const env = { ...process.env, MISTAKE: mistake };
  return new Promise((resolve) => {
    execFile(process.execPath, jest, { env, maxBuffer: 1 << 28 }, (_error, _stdout, stderr) =>
      resolve(stderr),
    );
  });
}

/** Some mistakes break two promises: which one shows first is the schedules' affair. */
test.each(mistakes)('the mistake « $name » is caught, by $caughtBy', async ({ name, caughtBy }) => {
  const [, broken] = /Broken: (P\d+)/.exec(await played(name)) ?? [];
  expect(caughtBy.split(' or ')).toContain(broken);
});
