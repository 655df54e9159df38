import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Platform } from './person.ts';
import { VERSION } from './version.ts';

/** What was done with a turn: answered, refused to this person, not delivered or failed on our side, or answered before. */
export type TurnOutcome = 'answered' | 'refused' | 'failed' | 'repeated';

/** Sent; to be sent later, because the platform asks for patience; failed for now; or given up: the place is gone. */
export type ReminderOutcome = 'sent' | 'later' | 'failed' | 'gone';

/** An account counts under each of them that its expiry lies within. */
export const EXPIRING_WITHIN_DAYS = [1, 7, 30] as const;

type ByDays = Record<(typeof EXPIRING_WITHIN_DAYS)[number], number>;

/** All accounts of the store at one moment. Of those that are suspended nothing else is counted. */
export interface AccountCounts {
  readonly count: number;
  readonly suspended: number;
  readonly withoutExpiry: number;
  readonly expired: number;
  /** The password in use was refused by the last daily test. */
  readonly refused: number;
  readonly expiring: Readonly<ByDays>;
  /** Of these, those for which no reset is running. */
  readonly withoutAction: Readonly<ByDays>;
}

export interface Metrics {
  /** One message or click, and how long its answer took. */
  turn(platform: Platform, kind: string, outcome: TurnOutcome, seconds: number): void;
  /** By its class, as `docs/connection-test.md` names it. */
  connectionTest(outcome: 'accepted' | 'refused' | 'unknown', answer: string): void;
  /** One message of reminders, by what became of it. */
  reminder(platform: Platform, outcome: ReminderOutcome): void;
  /** A sealed password did not open: it was changed, moved, or its key is missing. */
  sealBroken(): void;
  /** A record of the store was refused: it was changed, moved, stripped of its signature, or its key is missing. */
  recordRefused(): void;
  /** Whether the store has taken the last write that was tried. */
  storeWritable(isWritable: boolean): void;
  /** Whether the platform accepts the bot's secret and, in Socket Mode, the connection stands. */
  platformUp(platform: Platform, isUp: boolean): void;
  /** Each replica counts them all, so that a rule takes the maximum. */
  accounts(counts: AccountCounts): void;
  /** Every agenda was looked at to its end at this instant, or later. */
  ticked(at: Date): void;
  /**
   * As Prometheus reads it, with its content type. What came after the private port is given there alone: the public
   * port keeps the names that it has always had.
   */
  expose(port: 'public' | 'private'): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Counts only: no label holds an account, a person or anything that was typed. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const privateRegistry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'chorus_bot_build_info',
    help: 'Always 1; its labels say which version runs, on which Node.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version: VERSION, node: process.version }, 1);
  const turns = new Counter({
    name: 'chorus_bot_turns_total',
    help: 'Messages and clicks, by what became of them.',
    labelNames: ['platform', 'kind', 'outcome'],
    registers: [registry],
  });
  const turnSeconds = new Histogram({
    name: 'chorus_bot_turn_seconds',
    help: 'Time from a message or a click to its answer.',
    labelNames: ['platform', 'kind'],
    // Around what matters: 150 ms is our aim, Slack waits for 3 s, Teams for 10 s, a connection test takes up to 20 s.
    buckets: [0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 1, 3, 10, 20],
    registers: [registry],
  });
  const tests = new Counter({
    name: 'chorus_bot_connection_tests_total',
    help: 'Connection tests against Chorus Pro, by verdict and class of answer.',
    labelNames: ['outcome', 'class'],
    registers: [registry],
  });
  const reminders = new Counter({
    name: 'chorus_bot_reminders_total',
    help: 'Messages of reminders, by what became of them.',
    labelNames: ['platform', 'outcome'],
    registers: [registry],
  });
  const brokenSeals = new Counter({
    name: 'chorus_bot_seals_broken_total',
    help: 'Sealed passwords that did not open: changed, moved, or without their key.',
    registers: [registry],
  });
  const refusedRecords = new Counter({
    name: 'chorus_bot_records_refused_total',
    help: 'Records of the store that were refused: changed, moved, without their signature, or without its key.',
    registers: [registry],
  });
  const lastTick = new Gauge({
    name: 'chorus_bot_last_tick_timestamp_seconds',
    help: 'Since when no agenda waits to be looked at to its end, in seconds since 1970.',
    // Not there before the first: 0 would say that nobody has looked since 1970.
    registers: [],
  });
  const writable = new Gauge({
    name: 'chorus_bot_store_writable',
    help: 'Whether the store has taken the last write that was tried: 1, or 0.',
    // Not there before it was tried.
    registers: [],
  });
  const platformsUp = new Gauge({
    name: 'chorus_bot_platform_up',
    help: 'Whether the platform accepts the bot: 1; 0: its secret is refused, or its connection is cut.',
    labelNames: ['platform'],
    registers: [privateRegistry],
  });
  const accounts = accountGauges(privateRegistry);
  return {
    turn(platform, kind, outcome, seconds) {
      turns.inc({ platform, kind, outcome });
      turnSeconds.observe({ platform, kind }, seconds);
    },
    connectionTest(outcome, answer) {
      tests.inc({ outcome, class: answer });
    },
    reminder(platform, outcome) {
      reminders.inc({ platform, outcome });
    },
    sealBroken() {
      brokenSeals.inc();
    },
    recordRefused() {
      refusedRecords.inc();
    },
    storeWritable(isWritable) {
      writable.set(isWritable ? 1 : 0);
      privateRegistry.registerMetric(writable);
    },
    platformUp(platform, isUp) {
      platformsUp.set({ platform }, isUp ? 1 : 0);
    },
    accounts(counts) {
      accounts(counts);
    },
    ticked(at) {
      lastTick.set(at.getTime() / 1000);
      registry.registerMetric(lastTick);
    },
    async expose(port) {
      const exposed = port === 'public' ? registry : Registry.merge([registry, privateRegistry]);
      if (port === 'private') for (const name of MISNAMED) exposed.removeSingleMetric(name);
      return { contentType: exposed.contentType, text: await exposed.metrics() };
    },
  };
}

/** Of Node, by prom-client: gauges that end like counters, which `promtool check metrics` refuses. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** They are not there before the accounts were counted: nobody takes « not known yet » for « none ». */
function accountGauges(registry: Registry): (counts: AccountCounts) => void {
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `chorus_bot_accounts${name}`, help, labelNames: [...labelNames], registers: [] });
  const single = {
    count: gauge('', 'Technical accounts that the bot knows.'),
    suspended: gauge(
      '_suspended',
      'Accounts that an administrator has suspended; the others do not count them.',
    ),
    withoutExpiry: gauge('_without_expiry', 'Accounts whose expiry is not known.'),
    expired: gauge('_expired', 'Accounts whose password has expired.'),
    refused: gauge('_refused', 'Accounts whose password in use was refused by the last daily test.'),
  };
  const byDays = {
    expiring: gauge('_expiring', 'Accounts whose password expires within so many days.', ['within_days']),
    withoutAction: gauge('_expiring_without_action', 'Of these, accounts for which no reset is running.', [
      'within_days',
    ]),
  };
  const all = [...Object.values(single), ...Object.values(byDays)];
  return (counts) => {
    for (const [name, each] of Object.entries(single)) each.set(counts[name as keyof typeof single]);
    for (const [name, each] of Object.entries(byDays))
      for (const days of EXPIRING_WITHIN_DAYS)
        each.set({ within_days: days }, counts[name as keyof typeof byDays][days]);
    for (const each of all) registry.registerMetric(each);
  };
}
