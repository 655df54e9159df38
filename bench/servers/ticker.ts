import type { Check } from '../../src/bot/account/daily-test.ts';
import type { Channel, Place } from '../../src/bot/channel.ts';
import { Administrators } from '../../src/bot/outgoing/administrators.ts';
import { LivingCards } from '../../src/bot/outgoing/living-cards.ts';
import { ReminderCases } from '../../src/bot/reminders/cases.ts';
import type { ReminderRecord } from '../../src/bot/reminders/plan.ts';
import { Reminders } from '../../src/bot/reminders/reminders.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { AccountRecords } from '../../src/store/account-records.ts';
import { Accounts } from '../../src/store/accounts.ts';
import { openStore } from '../../src/store/open.ts';
import { People } from '../../src/store/people.ts';
import { Resets } from '../../src/store/resets.ts';
import { type Morning, memory, type TickerOptions, timed, timedOften } from './morning.ts';
import { givenOptions, serveParent } from './parent.ts';

const { url, due, mornings } = givenOptions<TickerOptions>();
/** A tick this much earlier compares the agenda with the accounts, so that the one that is measured does not. */
const EARLIER = 10_000;
const LEASE = 30_000;

let now = new Date(0);
const store = await openStore(url, { allowVolatile: true });
const accounts = new Accounts(store);
const people = new People<Place>(store);
let posts = 0;
const nowhere: Channel = {
  platform: 'teams',
  show: async (place) => ({ place, message: `${++posts}` }),
  replace: async () => undefined,
};
const channels = new Map([[nowhere.platform, nowhere]]);
const cards = new LivingCards(channels, () => undefined);
const messages = { fr, en };
const log = createLog('error');
const dependencies = {
  store,
  accounts,
  people,
  records: new AccountRecords<ReminderRecord>(store, 'reminder'),
  checks: new AccountRecords<Check>(store, 'check'),
  credentials: { slots: async () => ({ setAside: [] }) },
  resets: new Resets<ResetRecord>(store),
  administrators: new Administrators({ administrators: [], store, people, channels, messages, log }),
  dailyTest: undefined,
  channels,
  cards,
  messages,
  metrics: createMetrics(),
  log,
  now: () => now,
  // Long enough for every one of them in one tick.
  pace: { budgetMs: 600_000, patienceMs: 15_000, leaseMs: LEASE },
};
const reminders = new Reminders(dependencies);
const cases = new ReminderCases(dependencies, () => undefined);

/** The claims and the reads of a tick, and nothing else. */
async function readAll(): Promise<void> {
  const ids = await accounts.due(new Date(8.64e15), due.length);
  const keys = ids.map((id) => `bench/${id}`);
  const tokens = await store.claimMany(keys, LEASE);
  await cases.of(ids, now);
  await store.releaseMany(keys.flatMap((key, i) => ({ key, token: tokens[i] ?? '' })));
}

const waiting = [...mornings];

async function nextMorning(): Promise<Morning> {
  const morning = waiting.shift();
  if (morning === undefined) throw new Error('no morning is left');
  now = new Date(Date.parse(morning) - EARLIER);
  await reminders.tick();
  now = new Date(morning);
  const before = posts;
  const tick = await timed(() => reminders.tick());
  if (posts - before !== due.length) throw new Error(`${posts - before} were told, not ${due.length}`);
  await cards.settled();
  return { tick, reads: await timedOften(readAll), memory: memory() };
}

serveParent({}, () => store.close(), nextMorning);
