const esmOnly = ['jose', 'fastify', 'emulate'].join('|');
export const common = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.[jt]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  // It says where it is to `import` alone.
  moduleNameMapper: { '^emulate$': '<rootDir>/node_modules/emulate/dist/api.js' },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esmOnly})/)`],
};

/** Two projects, so that `npm run test:unit` stays fast: what needs no server, no process and no browser. */
export default {
  // No verdict: what hangs is ended by then, on machines that have other things to do.
  testTimeout: 120_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/{chorus,cards,bot,structure}/**/*.test.ts', '<rootDir>/test/*.test.ts'],
    },
    {
      ...common,
      displayName: 'whole',
      testMatch: [
        '<rootDir>/test/{store,demo,journeys,manifest,admin,slack,reminders,teams,channels}/**/*.test.ts',
      ],
      globalSetup: '<rootDir>/test/redis.global.ts',
      globalTeardown: '<rootDir>/test/redis.global.teardown.ts',
    },
  ],
};
