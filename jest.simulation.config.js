import { common } from './jest.config.js';

/** Every order of events, in memory. Time and chance are the scheduler's, so that a failure can be played again. */
const [[files, [, swcOptions]]] = Object.entries(common.transform);

export default {
  ...common,
  transform: { [files]: ['<rootDir>/test/simulation/mistaken-transform.cjs', swcOptions] },
  displayName: 'simulation',
  testMatch: ['<rootDir>/test/simulation/**/*.test.ts'],
  moduleNameMapper: {
    '^node:timers/promises$': '<rootDir>/test/simulation/pauses.ts',
    '^node:crypto$': '<rootDir>/test/simulation/ids.ts',
  },
  testTimeout: 4 * 60 * 60_000,
  maxWorkers: 1,
  // A process that was killed leaves pauses of the platform's patience behind.
  forceExit: true,
};
