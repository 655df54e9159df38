import { common } from './jest.config.js';

/**
 * What goes wrong around the bot, tried many times: `FAULTS=full` for the whole volume, one file after the other.
 * One worker: processes are killed, disks fill up, and a server that is stopped must not be somebody else's.
 */
export default {
  ...common,
  displayName: 'faults',
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  globalSetup: '<rootDir>/test/faults/global.ts',
  globalTeardown: '<rootDir>/test/redis.global.teardown.ts',
  // Of what starts and stops servers; each test says its own.
  testTimeout: 60_000,
  maxWorkers: 1,
};
