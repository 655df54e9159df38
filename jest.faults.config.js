import { common } from './jest.config.js';

/** Faults that disturb the machine they run on: real disks that fill up. lmdb prints what fails even when a test is over. */
export default { ...common, displayName: 'faults', testMatch: ['<rootDir>/test/faults/**/*.test.ts'] };
