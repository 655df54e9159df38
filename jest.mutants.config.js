import { fileURLToPath } from 'node:url';
import { common } from './jest.config.js';

/**
 * The tests that judge what Stryker breaks (stryker.config.json): the nearest ones, since they run once for each mutant.
 * One project, because Stryker counts per test only there.
 */
export default {
  ...common,
  // An address, since Stryker does not read <rootDir> here.
  testEnvironment: fileURLToPath(new URL('test/mutants-environment.cjs', import.meta.url)),
  testMatch: ['<rootDir>/test/{chorus,store,bot}/**/*.test.ts'],
  // It starts the built program, in which nothing is broken.
  testPathIgnorePatterns: ['/test/store/redis-tls'],
  globalSetup: '<rootDir>/test/redis.global.ts',
  globalTeardown: '<rootDir>/test/redis.global.teardown.ts',
};
