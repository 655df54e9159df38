import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nextReminder } from '../../src/chorus/expiry.ts';
import type { Verdict } from '../../src/chorus/verdict.ts';
import type { PersonId } from '../../src/person.ts';
import { type AccountId, accountId } from '../../src/store/accounts.ts';
import type { Credentials } from '../../src/store/credentials.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { removeFolders, World } from '../reminders/world.ts';
import { addAccount, CLAIRE, HUGO, openBot, passwordsOf, saysKept, submit } from './submissions.ts';
import { tell } from './volume.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** When Paris changes its clocks, and the day that most years do not have. */
const NIGHTS: Readonly<Record<string, Date>> = {
  'the night without two o’clock': new Date('2027-03-28T01:00:00Z'),
  'the night with two o’clock twice': new Date('2027-10-31T01:00:00Z'),
  'the night before 29 February': new Date('2028-02-28T23:00:00Z'),
  'the night after 29 February': new Date('2028-02-29T23:00:00Z'),
};

let store: Store;
let credentials: Credentials;
const folder = mkdtempSync(join(tmpdir(), 'clock-'));
const seen = { renewals: 0, reminders: 0 };

beforeAll(async () => {
  store = await openStore(`lmdb:${folder}`);
  credentials = openBot(store).credentials;
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
  removeFolders();
  tell(
    'clock',
    `${seen.renewals} renewals and ${seen.reminders} reminders around the change of clocks, 29 February and an hour off, all as on any other day`,
    seen,
  );
});

/** A bot whose Chorus Pro gives these verdicts in turn, on a clock that only moves when it is told to. */
function botAt(start: Date, verdicts: readonly Verdict['outcome'][]) {
  let now = start.getTime();
  let tests = 0;
  const testConnection = async (): Promise<Verdict> => {
    const outcome = verdicts[tests++] ?? 'accepted';
    if (outcome === 'accepted') return { outcome, structures: [], complete: true };
    return outcome === 'unknown'
      ? { outcome, reason: 'unavailable' }
      : { outcome, reason: 'technicalAccount' };
  };
  const bot = openBot(store, { chorus: { testConnection }, now: () => new Date(now) });
  const goOn = async (ms: number) => {
    now += ms;
    await bot.resetRunner.wakeDue();
    await bot.settled();
  };
  const stepOf = async (account: AccountId) => (await bot.resetRecords.load(account))?.value.reset.step;
  return { bot, goOn, stepOf };
}

describe.each(Object.entries(NIGHTS))('across %s', (name, night) => {
  const minutes = [-120, -61, -60, -59, -31, -1, 0, 1, 29, 59, 60];

  test.each(minutes)(
    'a password is kept, tested again after a minute, and then in use (%d min)',
    async (minute) => {
      const account = accountId(`${name.replaceAll(/\W/g, '-')}${minute}`);
      await addAccount(store, credentials, account);
      const { bot, goOn, stepOf } = botAt(new Date(night.getTime() + minute * MINUTE), [
        'unknown',
        'unknown',
        'accepted',
      ]);
      expect(saysKept(await submit(bot, account, 'second', CLAIRE, '18/04/2028 02:00:00'))).toBe(true);
      await bot.settled();
      expect([await stepOf(account), await passwordsOf(bot, account)]).toEqual([
        'unknown',
        ['first', 'second'],
      ]);
      await goOn(59_000);
      expect(await stepOf(account)).toBe('unknown');
      await goOn(1_000);
      await goOn(2 * MINUTE);
      expect([await stepOf(account), await passwordsOf(bot, account)]).toEqual([
        'accepted',
        ['second', 'first'],
      ]);
      seen.renewals += 1;
    },
  );

  test('a reset without a click ends after 72 hours, neither sooner nor later', async () => {
    const account = accountId(`${name.replaceAll(/\W/g, '-')}-idle`);
    await addAccount(store, credentials, account);
    const { bot, goOn, stepOf } = botAt(new Date(night.getTime() - DAY), [
      'refused',
      'refused',
      'refused',
      'refused',
    ]);
    await submit(bot, account, 'second', CLAIRE, '18/04/2028 02:00:00');
    await bot.settled();
    for (let hour = 1; hour < 72; hour++) await goOn(HOUR);
    expect(await stepOf(account)).toBe('refused');
    await goOn(HOUR);
    expect([await stepOf(account), await passwordsOf(bot, account)]).toEqual([
      'timedOut',
      ['first', 'second'],
    ]);
    seen.renewals += 1;
  });
});

test.each([-HOUR, HOUR])(
  'a replica whose clock is off by %d ms goes on with what another one has left, once',
  async (off) => {
    const account = accountId(`off${off}`);
    await addAccount(store, credentials, account);
    const now = new Date('2027-06-01T10:00:00Z');
    const left = botAt(new Date(now.getTime() + off), ['unknown']);
    await submit(left.bot, account, 'second', CLAIRE, '18/04/2028 02:00:00');
    await left.bot.settled();

    const right = botAt(now, ['accepted']);
    const held = await submit(right.bot, account, 'third', HUGO, '18/04/2028 02:00:00');
    expect(held).toMatchObject({ text: expect.stringContaining('Claire') });
    for (let passed = 0; passed <= HOUR + 2 * MINUTE; passed += MINUTE) await right.goOn(MINUTE);
    expect(await passwordsOf(right.bot, account)).toEqual(['second', 'first']);
    seen.renewals += 1;
  },
);

test.each(['2027-03-28', '2027-10-31', '2028-02-29'])(
  'around %s each reminder comes once, at nine in the morning of Paris',
  async (day) => {
    const midnight = new Date(`${day}T00:00:00Z`).getTime();
    const start = new Date(midnight - 10 * DAY + 12 * HOUR);
    const end = midnight + 5 * DAY;
    const world = await World.open('LMDB', portal(start));
    const expected: string[] = [];
    for (let after = -3; after <= 10; after++) {
      const expiry = new Date(midnight + after * DAY + 2 * HOUR);
      const manager: PersonId = `teams:t:manager${after}`;
      await world.account(portal(expiry), { manager, deputy: manager });
      await world.meet(manager);
      for (let at = start; ; ) {
        const reminder = nextReminder({ expiry, alertMonths: 12 }, at);
        if (reminder.at.getTime() > end) break;
        expected.push(`${manager} ${reminder.at.toISOString()}`);
        at = reminder.at;
      }
    }
    for (let at = start.getTime(); at <= end; at += HOUR) await world.at(portal(new Date(at)));
    const sent = [...world.teams.messages.values()]
      .filter(({ to }) => to.includes('manager'))
      .map(({ to, at }) => `${to} ${at.toISOString()}`);
    await world.close();
    expect(sent.sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(10);
    for (const entry of expected) expect(hourInParis(entry.split(' ')[1] ?? '')).toBe('09');
    seen.reminders += sent.length;
  },
  60_000,
);

/** As the portal writes it, on the clock of Paris. */
function portal(at: Date): string {
  return at.toLocaleString('fr-FR', { timeZone: 'Europe/Paris' }).replace(',', '');
}

function hourInParis(at: string): string {
  return new Date(at).toLocaleTimeString('fr-FR', { timeZone: 'Europe/Paris' }).slice(0, 2);
}
