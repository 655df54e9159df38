import { common } from './jest.config.js';

/** What is clicked in a real browser. One worker: a browser and the demo fill the machine. */
export default {
  ...common,
  displayName: 'e2e',
  testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
