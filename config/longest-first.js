import Sequencer from '@jest/test-sequencer';

/** The suites that take longest, the longest first. One that began last would leave the other processors idle. */
const LONGEST = [
  'simulation/orders',
  'e2e/demo',
  'reminders/year',
  'slack/socket',
  'slack/answers',
  'slack/trouble',
  'abuse/canary',
  'journeys/start',
  'faults/apply',
  'reminders/reminders',
  'admin/account-import',
  'faults/kill-redis',
  'faults/rotate',
  'store/store',
  'store/refusals',
  'channels/channels',
  'abuse/memory',
  'store/trouble',
  'simulation/mistakes',
].map((name) => `/test/${name}.test.ts`);

/** Jest's own order, by size or by how long each took the last time, after the suites that are known to take longest. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ path }) {
  const found = LONGEST.findIndex((name) => path.replaceAll('\\', '/').endsWith(name));
  return found < 0 ? LONGEST.length : found;
}
