import { common } from './jest.config.js';

/** Abuse, suite by suite: each prints how much it tried. One worker, since answers are timed against each other. */
export default {
  ...common,
  displayName: 'abuse',
  testMatch: ['<rootDir>/test/abuse/**/*.test.ts'],
  globalSetup: '<rootDir>/test/redis.global.ts',
  globalTeardown: '<rootDir>/test/redis.global.teardown.ts',
  testTimeout: 900_000,
  maxWorkers: 1,
};
