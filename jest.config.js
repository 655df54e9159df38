import { statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

// What tests write goes to memory where there is plenty, so that none waits for a disk that somebody else is busy with.
if (process.env.TMPDIR === undefined && isRoomy('/dev/shm')) process.env.TMPDIR = '/dev/shm';

const esmOnly = ['jose', 'fastify', 'emulate'].join('|');
const swc = { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } };
const common = {
  testEnvironment: 'node',
  // What jest lists at its start: without this it lists node_modules too, once for each project.
  roots: ['<rootDir>/src', '<rootDir>/test'],
  transform: { '^.+\\.[jt]s$': ['@swc/jest', swc] },
  moduleNameMapper: {
    // It says where it is to `import` alone.
    '^emulate$': '<rootDir>/node_modules/emulate/dist/api.js',
    // Zod's fifty languages are half of its files, and nothing here reads them: each suite would load them anew.
    '^\\.\\./locales/index\\.cjs$': '<rootDir>/node_modules/zod/v4/locales/en.cjs',
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esmOnly})/)`],
};
const withRedis = {
  globalSetup: '<rootDir>/test/redis.global.ts',
  globalTeardown: '<rootDir>/test/redis.global.teardown.ts',
};
/** It starts a program that searches each pattern of `src` for seconds, so it is not one of the quick ones. */
const PATTERNS = '/test/structure/patterns.test.ts';

const projects = [
  {
    ...common,
    // What needs no server, no process and no browser.
    displayName: 'unit',
    testMatch: ['<rootDir>/test/{chorus,cards,bot,structure}/**/*.test.ts', '<rootDir>/test/*.test.ts'],
    testPathIgnorePatterns: [PATTERNS],
  },
  {
    ...common,
    ...withRedis,
    displayName: 'whole',
    testMatch: [
      '<rootDir>/test/{store,demo,journeys,manifest,admin,slack,reminders,teams,channels,consumers,password,deploy,proxy}/**/*.test.ts',
      `<rootDir>${PATTERNS}`,
    ],
  },
  {
    ...common,
    // Every order of events, in memory. Time and chance are the scheduler's, so that a failure can be played again.
    displayName: 'simulation',
    testMatch: ['<rootDir>/test/simulation/**/*.test.ts'],
    transform: { '^.+\\.[jt]s$': ['<rootDir>/test/simulation/mistaken-transform.cjs', swc] },
    moduleNameMapper: {
      ...common.moduleNameMapper,
      '^node:timers/promises$': '<rootDir>/test/simulation/pauses.ts',
      '^(\\.\\./)+deadline\\.ts$': '<rootDir>/test/simulation/deadline.ts',
      '^node:crypto$': '<rootDir>/test/simulation/ids.ts',
    },
  },
  {
    ...common,
    ...withRedis,
    // What goes wrong around the bot, tried many times: `FAULTS=full` for the whole volume.
    displayName: 'faults',
    testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  },
  {
    ...common,
    ...withRedis,
    // What strangers try: `ABUSE=full` for the whole volume. Each suite prints how much it tried.
    displayName: 'abuse',
    testMatch: ['<rootDir>/test/abuse/**/*.test.ts'],
  },
  {
    ...common,
    // What is clicked in a real browser.
    displayName: 'e2e',
    testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
  },
];

/** The tests nearest to the code, which judge what Stryker breaks: one project, because it counts per test only there. */
const mutants = {
  ...common,
  ...withRedis,
  // An address, since Stryker does not read <rootDir> here.
  testEnvironment: fileURLToPath(new URL('test/mutants-environment.cjs', import.meta.url)),
  testMatch: ['<rootDir>/test/{chorus,store,bot}/**/*.test.ts'],
  // It starts the built program, in which nothing is broken.
  testPathIgnorePatterns: ['/test/store/redis-tls'],
};

export default process.env.MUTANTS === undefined
  ? {
      // No verdict: what hangs is ended by then, on machines that have other things to do.
      testTimeout: 600_000,
      // Many suites wait for a pause or a time-out: with one worker more than processors, none of those is idle meanwhile.
      // A single processor has enough to do with one.
      maxWorkers: availableParallelism() === 1 ? 1 : availableParallelism() + 1,
      testSequencer: '<rootDir>/config/longest-first.js',
      projects,
    }
  : mutants;

/** Whether this folder can take a gigabyte: in a container it is often 64 MB. */
function isRoomy(folder) {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > 2 ** 30;
  } catch {
    return false;
  }
}
