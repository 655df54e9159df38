import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  alertOn,
  type Deadlines,
  daysLeft,
  dueReminder,
  estimateExpiry,
  formatPortalDate,
  monthlyMorning,
  nextReminder,
  type Reminder,
  readExpiry,
  remindersFor,
  snoozesFor,
} from '../../src/chorus/expiry.ts';
import { readTypedDate } from '../../src/chorus/typed-date.ts';
import { paris } from '../paris.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const shown = ({ threshold, at }: Reminder) => `${threshold}: ${formatPortalDate(at)}`;

test('an instant is shown as the portal shows it, and is read back', () => {
  fc.assert(
    fc.property(anyInstant(), (instant) => {
      const date = new Date(Math.floor(instant.getTime() / 1000) * 1000);
      const read = readTypedDate(formatPortalDate(date)) as Date;
      // In the hour that autumn repeats, the earlier reading is meant.
      expect([date.getTime(), date.getTime() - HOUR]).toContain(read.getTime());
      expect(formatPortalDate(read)).toBe(formatPortalDate(date));
    }),
  );
});

test.each([
  ['22/02/2022 09:06:46', '18/04/2023 02:00:00'],
  ['01/11/2026 09:00:00', '26/12/2027 01:00:00'],
  // Already the next day in Paris.
  ['30/10/2026 00:30:00', '24/12/2027 01:00:00'],
])('a password of %s is estimated to last until %s', (renewed, expires) => {
  expect(formatPortalDate(estimateExpiry(paris(renewed)))).toBe(expires);
});

describe('a typed expiry', () => {
  const now = paris('15/01/2026 10:00:00');

  test.each([
    ['', { ok: false, problem: 'empty' }],
    [' \u00a0', { ok: false, problem: 'empty' }],
    ['le 18 avril', { ok: false, problem: 'format' }],
    ['04/18/2026', { ok: false, problem: 'format' }],
    ['15/01/2026 10:00:00', { ok: false, problem: 'past' }],
    ['14/01/2026', { ok: false, problem: 'past' }],
    ['15/01/2029 10:00:01', { ok: false, problem: 'tooFar' }],
    ['15/01/2046', { ok: false, problem: 'tooFar' }],
    ['15/01/2029 10:00:00', { ok: true, at: paris('15/01/2029 10:00:00') }],
    ['15/01/2026 10:00:01', { ok: true, at: paris('15/01/2026 10:00:01') }],
  ])('%j is answered %j', (text, answer) => {
    expect(readExpiry(text, now)).toEqual(answer);
  });

  test.each(['18/04/2026 02:00:00', '18/04/2026', '18 avril 2026 à 3 h', '2026-04-18'])(
    '%s is stopped where the password before it was to expire that day',
    (text) => {
      const former = paris('18/04/2026 02:00:00');
      expect(readExpiry(text, now, former)).toEqual({ ok: false, problem: 'former' });
      // Also where that day is past by now: it is the better reason.
      expect(readExpiry(text, paris('01/06/2026'), former)).toEqual({ ok: false, problem: 'former' });
      expect(readExpiry('19/04/2026', now, former).ok).toBe(true);
    },
  );
});

describe('the days left', () => {
  test.each([
    ['18/04/2023 02:00:00', '18/04/2023 23:59:59', 0],
    ['18/04/2023 02:00:00', '17/04/2023 23:59:59', 1],
    ['18/04/2023 02:00:00', '19/04/2023 00:00:00', -1],
    ['30/03/2026 00:00:00', '28/03/2026 23:59:59', 2],
    ['26/10/2026 00:00:00', '24/10/2026 23:59:59', 2],
  ])('until %s, at %s, are %i', (expiry, now, days) => {
    expect(daysLeft(paris(expiry), paris(now))).toBe(days);
  });
});

describe('a reminder', () => {
  test('comes at each threshold, at nine, on the working day before where its day is none', () => {
    const deadlines = {
      lastUpdated: paris('22/02/2022 09:06:46'),
      alertMonths: 12,
      expiry: paris('18/04/2023 02:00:00'),
    };
    expect(remindersFor(deadlines).map(shown)).toEqual([
      '60: 17/02/2023 09:00:00',
      'alert: 22/02/2023 09:00:00',
      '30: 17/03/2023 09:00:00', // the 19th is a Sunday
      '15: 03/04/2023 09:00:00',
      '7: 11/04/2023 09:00:00',
      '3: 14/04/2023 09:00:00', // the 15th is a Saturday
      '1: 17/04/2023 09:00:00',
      '0: 18/04/2023 09:00:00',
    ]);
  });

  test('of several on one morning is the most urgent', () => {
    const easterMonday = { alertMonths: 12, expiry: paris('10/04/2023 02:00:00') };
    expect(remindersFor(easterMonday).map(shown).slice(-2)).toEqual([
      '7: 03/04/2023 09:00:00',
      '0: 07/04/2023 09:00:00',
    ]);
  });

  test('comes at the thresholds of the account where it has its own', () => {
    const own = { alertMonths: 12, expiry: paris('18/04/2023 02:00:00'), thresholds: [90, 5] };
    expect(remindersFor(own).map(({ threshold }) => threshold)).toEqual([90, 5]);
  });

  test('that would fall before the last update is of no use', () => {
    const short = {
      lastUpdated: paris('03/04/2023 12:00:00'),
      alertMonths: 12,
      expiry: paris('18/04/2023 02:00:00'),
    };
    expect(remindersFor(short).map(({ threshold }) => threshold)).toEqual([7, 3, 1, 0]);
  });

  test('of « Alerte actualisation » takes the last day of a shorter month', () => {
    expect(formatPortalDate(alertOn(paris('31/01/2025 15:00:00'), 1))).toBe('28/02/2025 09:00:00');
  });

  test('comes every working day after the expiry', () => {
    const deadlines = { alertMonths: 12, expiry: paris('29/04/2026 02:00:00') };
    let at = paris('29/04/2026 09:00:00');
    const days = Array.from({ length: 5 }, () => {
      const reminder = nextReminder(deadlines, at);
      at = reminder.at;
      return shown(reminder);
    });
    expect(days).toEqual([
      '-1: 30/04/2026 09:00:00',
      '-5: 04/05/2026 09:00:00', // after the 1st of May and a weekend
      '-6: 05/05/2026 09:00:00',
      '-7: 06/05/2026 09:00:00',
      '-8: 07/05/2026 09:00:00',
    ]);
  });

  test('after an outage is one, the most urgent', () => {
    const deadlines = { alertMonths: 12, expiry: paris('18/04/2023 02:00:00') };
    const due = dueReminder(deadlines, paris('16/03/2023 00:00:00'), paris('12/04/2023 00:00:00'));
    expect(due && shown(due)).toBe('7: 11/04/2023 09:00:00');
    expect(
      dueReminder(deadlines, paris('11/04/2023 09:00:00'), paris('12/04/2023 00:00:00')),
    ).toBeUndefined();
  });
});

// The oracle: plain calendar days counted in UTC, and the holidays written down.
const EASTER_SUNDAYS = [
  '2024-03-31',
  '2025-04-20',
  '2026-04-05',
  '2027-03-28',
  '2028-04-16',
  '2029-04-01',
  '2030-04-21',
  '2031-04-13',
  '2032-03-28',
  '2033-04-17',
  '2034-04-09',
  '2035-03-25',
  '2036-04-13',
  '2037-04-05',
  '2038-04-25',
];
const movable = new Set(
  EASTER_SUNDAYS.flatMap((sunday) =>
    [1, 39, 50].map((days) => new Date(Date.parse(sunday) + days * DAY).toISOString().slice(0, 10)),
  ),
);
const fixed = ['01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25'];

function worked(day: number): boolean {
  const date = new Date(day * DAY);
  const iso = date.toISOString().slice(0, 10);
  return ![0, 6].includes(date.getUTCDay()) && !fixed.includes(iso.slice(5)) && !movable.has(iso);
}

function workedUpTo(day: number): number {
  return worked(day) ? day : workedUpTo(day - 1);
}

const parisClock = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Paris',
  dateStyle: 'short',
  timeStyle: 'medium',
});

/** The day, counted from 1970, of a Paris morning that must be exactly nine o'clock. */
function dayOf({ at }: Reminder): number {
  const [date, time] = parisClock.format(at).split(' ');
  expect(time).toBe('09:00:00');
  return Date.parse(String(date)) / DAY;
}

const FIRST = Date.parse('2026-01-01') / DAY;
const TEN_YEARS = 3653;

function anyInstant() {
  return fc.date({
    min: new Date(FIRST * DAY),
    max: new Date((FIRST + TEN_YEARS) * DAY),
    noInvalidDate: true,
  });
}

/** An account whose password expires on any day of the ten years, at any hour, with any thresholds. */
function anyDeadlines() {
  return fc
    .record({
      lastDay: fc.integer({ min: FIRST, max: FIRST + TEN_YEARS }),
      hour: fc.constantFrom('00:00:00', '02:00:00', '02:30:00', '12:00:00', '23:59:59'),
      thresholds: fc.option(
        fc.uniqueArray(fc.integer({ min: 0, max: 90 }), { maxLength: 8 }).map((own) => [...own, 0]),
        { nil: undefined },
      ),
    })
    .map(({ lastDay, hour, thresholds }) => {
      const [year, month, day] = new Date(lastDay * DAY).toISOString().slice(0, 10).split('-');
      const deadlines: Deadlines = {
        expiry: paris(`${day}/${month}/${year} ${hour}`),
        alertMonths: 12,
        ...(thresholds && { thresholds }),
      };
      return { deadlines, lastDay, thresholds: thresholds ?? [60, 30, 15, 7, 3, 1, 0] };
    });
}

describe('over ten years of days', () => {
  test('every threshold brings a reminder on its working morning, none twice and none late', () => {
    fc.assert(
      fc.property(anyDeadlines(), ({ deadlines, lastDay, thresholds }) => {
        const mornings = new Map<number, number>();
        for (const days of thresholds) {
          const morning = workedUpTo(lastDay - days);
          mornings.set(morning, Math.min(days, mornings.get(morning) ?? days));
        }
        const expected = [...mornings].sort(([a], [b]) => a - b);
        expect(remindersFor(deadlines).map((r) => [dayOf(r), r.threshold])).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('going from one reminder to the next meets each of them, then every working day', () => {
    fc.assert(
      fc.property(anyDeadlines(), ({ deadlines, lastDay }) => {
        const expected = remindersFor(deadlines).map(dayOf);
        for (let day = lastDay + 1; day <= lastDay + 15; day++) if (worked(day)) expected.push(day);

        let after = new Date((lastDay - 120) * DAY);
        const met = expected.map(() => {
          const reminder = nextReminder(deadlines, after);
          after = reminder.at;
          return dayOf(reminder);
        });
        expect(met).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  test('a tick at any pace delivers the last reminder that fell due since the tick before, and no other', () => {
    const pauses = fc.array(fc.integer({ min: 1, max: 5 * 24 * 60 }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(anyDeadlines(), pauses, ({ deadlines, lastDay }, minutes) => {
        let since = new Date((lastDay - 20) * DAY);
        for (const pause of minutes) {
          const now = new Date(since.getTime() + pause * 60_000);
          let expected: Reminder | undefined;
          let next = nextReminder(deadlines, since);
          while (next.at <= now) {
            expected = next;
            next = nextReminder(deadlines, next.at);
          }
          expect(dueReminder(deadlines, since, now)).toEqual(expected);
          since = now;
        }
      }),
      { numRuns: 50 },
    );
  });

  test('the days left fall by one each midnight in Paris', () => {
    fc.assert(
      fc.property(anyDeadlines(), anyInstant(), ({ deadlines, lastDay }, now) => {
        const today = Date.parse(parisClock.format(now).slice(0, 10)) / DAY;
        expect(daysLeft(deadlines.expiry, now)).toBe(lastDay - today);
      }),
    );
  });
});

describe('« Reporter le rappel »', () => {
  test.each([
    ['a Tuesday', '12/01/2027 11:00:00', '18/03/2027 02:00:00', ['13/01', '18/01', '19/01']],
    ['a Monday, which a week later is a Monday too', '11/01/2027 11:00:00', '18/03/2027', ['12/01', '18/01']],
    ['a Friday, before a weekend', '15/01/2027 11:00:00', '18/03/2027', ['18/01', '22/01']],
    ['a Sunday', '17/01/2027 11:00:00', '18/03/2027', ['18/01', '22/01']],
    ['the eve of a public holiday', '13/07/2027 11:00:00', '18/12/2027', ['19/07', '20/07']],
    ['a week before Easter Monday', '23/03/2027 11:00:00', '18/12/2027', ['24/03', '30/03']],
    ['three days before the expiry', '15/03/2027 11:00:00', '18/03/2027 02:00:00', ['16/03']],
    ['the day before an expiry at nine', '17/03/2027 11:00:00', '18/03/2027 09:00:00', []],
    ['the day before the expiry', '17/03/2027 11:00:00', '18/03/2027 02:00:00', []],
    ['after the expiry', '19/03/2027 11:00:00', '18/03/2027 02:00:00', []],
  ])('on %s offers mornings that are working days, each once, before the expiry', (_, now, expiry, days) => {
    const offered = snoozesFor(paris(expiry), paris(now)).map(({ at }) => formatPortalDate(at));
    expect(offered).toEqual(days.map((day) => `${day}/2027 09:00:00`));
  });
});

describe('the monthly morning', () => {
  test.each([
    ['12/01/2027 11:00:00', 0, '04/01/2027 09:00:00'],
    ['31/01/2027 23:59:59', 1, '01/02/2027 09:00:00'],
    ['30/04/2027 11:00:00', 1, '03/05/2027 09:00:00'],
    ['31/12/2027 11:00:00', 1, '03/01/2028 09:00:00'],
  ])('of %s, %i months later, is %s', (now, months, morning) => {
    expect(formatPortalDate(monthlyMorning(paris(now), months))).toBe(morning);
  });
});

describe('at nine o’clock exactly', () => {
  const expiry = paris('18/04/2023 02:00:00');
  const nine = paris('11/04/2023 09:00:00');
  const before = new Date(nine.getTime() - 1);

  test('a reminder is due', () => {
    expect(dueReminder({ alertMonths: 12, expiry }, before, nine)).toEqual({ threshold: 7, at: nine });
  });

  test('a reminder of what has expired is due', () => {
    const overdue = { alertMonths: 12, expiry: paris('07/04/2023 02:00:00') };
    expect(dueReminder(overdue, before, nine)).toEqual({ threshold: -4, at: nine });
  });

  test('a password that was updated then is not reminded of', () => {
    const updated = { alertMonths: 12, expiry, lastUpdated: nine };
    expect(remindersFor(updated).map(({ threshold }) => threshold)).toEqual([3, 1, 0]);
  });

  test('« Alerte actualisation » gives way to the expiry, and to a count of days', () => {
    const thresholds = [30];
    const lastUpdated = paris('19/03/2022 12:00:00');
    const ends = { alertMonths: 12, lastUpdated, thresholds: [90], expiry: paris('17/03/2023 09:00:00') };
    expect(remindersFor(ends).map(({ threshold }) => threshold)).toEqual([90]);
    const meets = { alertMonths: 12, lastUpdated, thresholds, expiry };
    expect(remindersFor(meets).map(shown)).toEqual(['30: 17/03/2023 09:00:00']);
  });
});

describe('an account whose own thresholds end long before the expiry', () => {
  const deadlines = { alertMonths: 12, expiry: paris('18/04/2023 02:00:00'), thresholds: [30] };

  test('is next reminded of on the working day after it', () => {
    expect(shown(nextReminder(deadlines, paris('20/03/2023 12:00:00')))).toBe('-1: 19/04/2023 09:00:00');
  });

  test('is not reminded of on the day itself', () => {
    const [since, now] = [paris('17/04/2023 12:00:00'), paris('18/04/2023 12:00:00')];
    expect(dueReminder(deadlines, since, now)).toBeUndefined();
  });
});

test('each « Reporter le rappel » has its name', () => {
  const offered = snoozesFor(paris('18/03/2027'), paris('12/01/2027 11:00:00'));
  expect(offered.map(({ snooze }) => snooze)).toEqual(['tomorrow', 'monday', 'week']);
});

test.each([
  '19/04/1954',
  '20/04/1981',
  '24/04/2000',
  '21/04/2025',
  '10/04/2045',
  '19/04/2049',
  '20/04/2076',
  '29/03/2100',
  '19/04/2106',
  '07/04/2200',
  '23/03/2285',
  '09/04/2300',
])('on Easter Monday %s nobody works, so the reminder comes on the Friday', (monday) => {
  const reminder = remindersFor({ alertMonths: 12, expiry: paris(monday), thresholds: [0] })[0];
  expect(paris(monday).getTime() - Number(reminder?.at)).toBeGreaterThan(2 * DAY);
});
