import { type ChildProcess, fork } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Place } from '../../src/bot/channel.ts';
import type { Card } from '../../src/cards/card.ts';
import { monthlyMorning, nextReminder, type Threshold } from '../../src/chorus/expiry.ts';
import { type Account, Accounts, accountId } from '../../src/store/accounts.ts';
import { openStore } from '../../src/store/open.ts';
import { People } from '../../src/store/people.ts';
import type { Store } from '../../src/store/store.ts';
import { paris } from '../paris.ts';
import { freshRedis, privately, read } from './world.ts';

const FULL = process.env.YEAR === 'full';
/** In a year of 2027: so many accounts, each renewed once, and a process killed on so many of the mornings. */
const ACCOUNTS = FULL ? 600 : 60;
const KILLED = FULL ? 0.9 : 0.5;
const LEASE = 600;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = paris('01/01/2027 12:00:00');
const END = paris('31/12/2027 12:00:00');
const ADMINISTRATOR = 'teams:t:administrator';

interface Plan {
  readonly login: string;
  readonly manager: string;
  readonly deputy: string;
  readonly team: string;
  readonly expires: Date;
  readonly renewedAt: Date;
  readonly nextExpiry: Date;
}

/** What somebody was told: `<day> <recipient> <login>`. */
type Entry = string;

let platform: Server;
let platformUrl = '';
let store: Store;
let url = '';
let now = START;
const delivered = new Map<Entry, number>();
let messages = 0;
let repeated = 0;
let monthly = 0;
const renewals = new Map<string, number>();
const processes: ChildProcess[] = [];
let kills = 0;
let restarting: Promise<unknown> = Promise.resolve();
/** Deliveries for which the platform took too long. */
let slow = 0;

beforeAll(async () => {
  platform = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const posted = JSON.parse(text) as { to: string; card: Card; from: number };
    if (request.method === 'POST') {
      record(posted);
      // The worst moment: it was delivered, and whoever delivered it does not know.
      if (Math.random() < 0.04) kill(processes.find(({ pid }) => pid === posted.from));
    }
    await sleep(randomInt(0, 6));
    response.end(randomUUID());
  }).listen(0, '127.0.0.1');
  await once(platform, 'listening');
  platformUrl = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`;
  url = await freshRedis();
  store = await openStore(url);
});

afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await store.close();
  platform.closeAllConnections();
  platform.close();
});

function record({ to, card }: { to: string; card: Card }): void {
  const facts = card.body.flatMap((block) => (block.kind === 'facts' ? block.facts : []));
  const text = [read(card), ...facts.map(({ value }) => value)].join('\n');
  if (card.title.startsWith('Suivi')) {
    monthly += 1;
    return;
  }
  if (card.title === 'Mot de passe Chorus Pro réinitialisé') {
    const key = `${to} ${/Commune \d+/.exec(text)?.[0]}`;
    renewals.set(key, (renewals.get(key) ?? 0) + 1);
    return;
  }
  // A team reads the structure, and never a login.
  const logins = [...new Set(text.match(/(TECH_|Commune )\d+/g))].map((name) =>
    name.replace('Commune ', 'TECH_'),
  );
  const named = [...new Set(logins)];
  expect(named.length).toBeGreaterThan(0);
  messages += 1;
  const entries = named.map((login) => entryOf(now, to, login));
  if (entries.some((entry) => delivered.has(entry))) repeated += 1;
  for (const entry of entries) delivered.set(entry, (delivered.get(entry) ?? 0) + 1);
}

function entryOf(at: Date, to: string, login: string): Entry {
  return `${at.toISOString().slice(0, 10)} ${to} ${login}`;
}

/** `kill -9`, as long as somebody is left to go on; another process takes its place. */
function kill(victim: ChildProcess | undefined): void {
  const others = processes.filter((child) => child !== victim && isAlive(child));
  if (victim === undefined || !isAlive(victim) || others.length === 0) return;
  victim.kill('SIGKILL');
  kills += 1;
  restarting = restarting.then(start);
}

function isAlive({ killed, connected }: ChildProcess): boolean {
  return !killed && connected;
}

async function start(): Promise<ChildProcess> {
  const child = fork(join(__dirname, '../store/run-typescript.cjs'), [
    join(__dirname, 'year-process.ts'),
    url,
    platformUrl,
    ADMINISTRATOR,
    `${LEASE}`,
  ]);
  await once(child, 'message');
  child.on('message', () => {
    slow += 1;
  });
  child.send(now.toISOString());
  processes.push(child);
  return child;
}

/** What the calendar asks for, told once to each whom it concerns. */
function expectedOf(plan: Plan): Entry[] {
  const cycles = [
    { expiry: plan.expires, from: START, to: plan.renewedAt },
    { expiry: plan.nextExpiry, lastUpdated: plan.renewedAt, from: plan.renewedAt, to: END },
  ];
  const entries: Entry[] = [];
  for (const { from, to, ...deadlines } of cycles) {
    for (let at = from; ; ) {
      const reminder = nextReminder({ ...deadlines, alertMonths: 12 }, at);
      if (reminder.at > to) break;
      for (const recipient of recipientsOf(plan, reminder.threshold))
        entries.push(entryOf(reminder.at, recipient, plan.login));
      at = reminder.at;
    }
  }
  return entries;
}

function recipientsOf({ manager, deputy, team }: Plan, threshold: Threshold): string[] {
  const days = threshold === 'alert' ? 1_000 : threshold;
  return [manager, team, ...(days <= 7 ? [deputy] : []), ...(days <= 1 ? [ADMINISTRATOR] : [])];
}

/** Accounts come in fours that expire on one day and concern one team: digests. */
function planOf(number: number, expiries: readonly Date[]): Plan {
  const four = number >> 2;
  const expires = expiries[four] ?? END;
  // Most in time, some too late; at an hour at which nothing is due.
  const renewedAt = new Date(expires.getTime() + randomInt(-70, 9) * DAY);
  renewedAt.setUTCHours(14, 0, 0, 0);
  return {
    login: `TECH_${number}`,
    manager: `teams:t:manager${number % 20}`,
    deputy: `teams:t:deputy${number % 7}`,
    team: `team${four % 5}`,
    expires,
    renewedAt: renewedAt > START ? renewedAt : new Date(START.getTime() + DAY),
    nextExpiry: new Date(renewedAt.getTime() + 420 * DAY),
  };
}

test('in a year of kills every reminder is delivered, and none twice but for a crash', async () => {
  const accounts = new Accounts(store);
  const people = new People<Place>(store);
  const expiries = Array.from(
    { length: ACCOUNTS / 4 + 1 },
    () => new Date(START.getTime() + randomInt(10 * DAY, 340 * DAY)),
  );
  const plans = Array.from({ length: ACCOUNTS }, (_, i) => planOf(i + 1, expiries));
  for (const person of new Set([ADMINISTRATOR, ...plans.flatMap(({ manager, deputy }) => [manager, deputy])]))
    await people.remember(person, { name: person, language: 'fr', place: privately(person) });
  for (const plan of plans) await accounts.add(accountOf(plan));
  await Promise.all([start(), start(), start()]);

  const moveTo = (instant: Date) => {
    now = instant;
    for (const child of processes) if (isAlive(child)) child.send(now.toISOString());
  };
  /** Until nothing is due, nor about to be tried again. */
  const settle = async () => {
    for (let quiet = 0; quiet < 2; ) {
      const isDue = (await accounts.due(now, 1)).length > 0;
      const isSoon = (await accounts.due(new Date(now.getTime() + 10 * MINUTE), 1)).length > 0;
      if (!isDue && isSoon) moveTo(new Date(now.getTime() + MINUTE));
      quiet = isSoon ? 0 : quiet + 1;
      await sleep(5);
    }
  };
  for (let day = paris('02/01/2027 09:00:00'); day < END; day = nextMorning(day)) {
    const due = plans.filter(({ renewedAt }) => renewedAt > previous(day) && renewedAt <= day);
    for (const plan of due) {
      moveTo(plan.renewedAt);
      await accounts.change(accountId(plan.login), (account) => ({
        ...account,
        lastUpdated: plan.renewedAt.toISOString(),
        expiry: { at: plan.nextExpiry.toISOString(), estimated: true },
      }));
      await settle();
    }
    const isBusy = (await accounts.due(day, 1)).length > 0;
    if (!isBusy) continue;
    moveTo(day);
    if (Math.random() < KILLED) {
      await sleep(randomInt(0, 40));
      // Whom there is to kill does not depend on how long a process takes to start.
      await restarting;
      kill(processes.filter(isAlive)[randomInt(3)]);
    }
    await settle();
  }
  await restarting;

  const expected = plans.flatMap(expectedOf).sort();
  process.stdout.write(
    `a year: ${ACCOUNTS} accounts, ${expected.length} reminders in ${messages} messages, ${kills} kills -9, ${repeated} messages twice, ${slow} too slow\n`,
  );
  expect([...delivered.keys()].sort()).toEqual(expected);
  expect(repeated).toBeLessThanOrEqual(kills + slow);
  expect(kills).toBeGreaterThan(FULL ? 100 : 10);
  const told = plans.filter((plan) => wasReminded(plan)).map(({ team, login }) => `${team} ${nameOf(login)}`);
  expect([...renewals.keys()].sort()).toEqual(told.sort());
  // That it comes at all is held where the clock is still (reminders.test.ts): a loaded machine may leap over its morning here.
  expect(monthly).toBeLessThanOrEqual(monthsOf() + kills + slow);
}, 3_600_000);

/** A team is told of the renewal where it was reminded of that expiry. */
function wasReminded(plan: Plan): boolean {
  const first = nextReminder({ expiry: plan.expires, alertMonths: 12 }, START);
  return first.at <= plan.renewedAt;
}

function accountOf({ login, manager, deputy, team, expires }: Plan): Omit<Account, 'id'> {
  return {
    login,
    siret: '21590350100017',
    structure: nameOf(login),
    manager,
    deputy,
    alertMonths: 12,
    expiry: { at: expires.toISOString(), estimated: false },
    channels: [{ platform: 'teams', private: false, address: { conversation: team } }],
    addedAt: START.toISOString(),
  };
}

function nameOf(login: string): string {
  return login.replace('TECH_', 'Commune ');
}

/** 9:00 in Paris on the day after, whatever the clock change does. */
function nextMorning(day: Date): Date {
  const [date = ''] = new Date(day.getTime() + DAY).toISOString().split('T');
  const [year, month, dayOfMonth] = date.split('-');
  return paris(`${dayOfMonth}/${month}/${year} 09:00:00`);
}

function previous(day: Date): Date {
  return new Date(day.getTime() - DAY);
}

function monthsOf(): number {
  let count = 0;
  for (let month = 1; monthlyMorning(START, month) < END; month++) count += 1;
  return count;
}
