import { DateTime, IANAZone } from 'luxon';
import { readTypedDate } from './typed-date.ts';

/** The portal and the people who use it live on this clock; without the locale, digits would follow the machine's. */
const PARIS = { zone: 'Europe/Paris', locale: 'fr' };
const PORTAL_FORMAT = 'dd/MM/yyyy HH:mm:ss';

/** As the portal shows it in « Date exp. Mot de passe ». */
export function formatPortalDate(date: Date): string {
  return inParis(date).toFormat(PORTAL_FORMAT);
}

/**
 * When a password renewed at `from` is expected to expire: 420 days later, as in the only pair of dates that was published
 * (seed: 22/02/2022 09:06:46 → 18/04/2023 02:00:00), at midnight in UTC, which Paris reads as 01:00 in winter. The operator
 * speaks of 424 days: of the two, the earlier is safe. An estimate, to be replaced by the portal's date.
 */
export function estimateExpiry(from: Date): Date {
  const { year, month, day } = inParis(from).plus({ days: 420 });
  return new Date(Date.UTC(year, month - 1, day));
}

export type ExpiryProblem = 'empty' | 'format' | 'past' | 'tooFar' | 'former';

/**
 * The expiry date that a person typed: after `now`, at most three years after it, and not the day on which the password
 * before this one was to expire, which the portal shows until Soumettre.
 */
export function readExpiry(
  text: string,
  now: Date,
  former?: Date,
): { readonly ok: true; readonly at: Date } | { readonly ok: false; readonly problem: ExpiryProblem } {
  if (text.trim() === '') return { ok: false, problem: 'empty' };
  const at = readTypedDate(text);
  if (at === undefined) return { ok: false, problem: 'format' };
  if (former !== undefined && dayOf(at) === dayOf(former)) return { ok: false, problem: 'former' };
  if (at <= now) return { ok: false, problem: 'past' };
  if (at > inParis(now).plus({ years: 3 }).toJSDate()) return { ok: false, problem: 'tooFar' };
  return { ok: true, at };
}

/** Days of the Paris calendar from `now` to `expiry`: 0 all through its day, negative after it. */
export function daysLeft(expiry: Date, now: Date): number {
  return dayOf(expiry) - dayOf(now);
}

/** The same, and whether the very instant is past, be it on its day. */
export function timeLeft(
  expiry: Date,
  now: Date,
): { readonly daysLeft: number; readonly isExpired: boolean } {
  return { daysLeft: daysLeft(expiry, now), isExpired: expiry <= now };
}

/** « Alerte actualisation »: 9:00, that many months after the last update, or on the working day before. */
export function alertOn(lastUpdated: Date, months: number): Date {
  return nineOn(workingDayUpTo(dayOf(inParis(lastUpdated).plus({ months }).toJSDate())));
}

/** `'alert'` for « Alerte actualisation »; else the days that are left, negative after the expiry. */
export type Threshold = 'alert' | number;

export interface Reminder {
  readonly threshold: Threshold;
  readonly at: Date;
}

export interface Deadlines {
  readonly expiry: Date;
  /** Without it there is no « Alerte actualisation ». */
  readonly lastUpdated?: Date;
  readonly alertMonths: number;
  /** Days before the expiry, where the account has its own. */
  readonly thresholds?: readonly number[];
}

const THRESHOLDS = [60, 30, 15, 7, 3, 1, 0];

/**
 * The reminders up to the day of the expiry, in order; after it, every working day brings one (`nextReminder`).
 * Each at 9:00 in Paris, on the working day before where its day is none. Of those that meet on one
 * morning only the most urgent stays. What would fall before the last update is no longer of use.
 */
export function remindersFor({ expiry, lastUpdated, alertMonths, thresholds }: Deadlines): Reminder[] {
  const lastDay = dayOf(expiry);
  const planned: Reminder[] = (thresholds ?? THRESHOLDS).map((days) => ({
    threshold: days,
    at: nineOn(workingDayUpTo(lastDay - days)),
  }));
  if (lastUpdated !== undefined) {
    const at = alertOn(lastUpdated, alertMonths);
    if (at < expiry) planned.push({ threshold: 'alert', at });
  }
  const byMorning = new Map<number, Reminder>();
  for (const reminder of planned.sort((a, b) => a.at.getTime() - b.at.getTime() || urgency(a) - urgency(b))) {
    if (lastUpdated === undefined || reminder.at > lastUpdated)
      byMorning.set(reminder.at.getTime(), reminder);
  }
  return [...byMorning.values()];
}

/** The first reminder after `after`. There always is one: past the expiry only a renewal ends them. */
export function nextReminder(deadlines: Deadlines, after: Date): Reminder {
  const planned = remindersFor(deadlines).find((reminder) => reminder.at > after);
  if (planned !== undefined) return planned;
  const today = dayOf(after);
  const lastDay = dayOf(deadlines.expiry);
  const notBefore = nineOn(today) > after ? today : today + 1;
  return overdue(lastDay, workingDayFrom(Math.max(notBefore, lastDay + 1)));
}

/** Of the reminders after `since` and up to `now`, the most urgent, which is the last. */
export function dueReminder(deadlines: Deadlines, since: Date, now: Date): Reminder | undefined {
  const today = dayOf(now);
  const lastDay = dayOf(deadlines.expiry);
  const latest = workingDayUpTo(nineOn(today) <= now ? today : today - 1);
  const reminder =
    latest > lastDay ? overdue(lastDay, latest) : remindersFor(deadlines).findLast(({ at }) => at <= now);
  return reminder !== undefined && reminder.at > since ? reminder : undefined;
}

/** « Me le rappeler » : demain, lundi, dans une semaine. */
export type Snooze = 'tomorrow' | 'monday' | 'week';

/**
 * When each « Me le rappeler » would come: at 9:00, on a working day, before the expiry. One that would not is not
 * offered, and of two on one morning the shorter name stays.
 */
export function snoozesFor(expiry: Date, now: Date): { readonly snooze: Snooze; readonly at: Date }[] {
  const today = dayOf(now);
  const monday = today + 7 - ((today + 3) % 7);
  const mornings: readonly [Snooze, Day][] = [
    ['tomorrow', isWorkingDay(today + 1) ? today + 1 : today],
    ['monday', workingDayFrom(monday)],
    ['week', workingDayUpTo(today + 7)],
  ];
  const offered = mornings.filter(([, day], i) => {
    const isFirst = mornings.findIndex(([, other]) => other === day) === i;
    return day > today && isFirst && nineOn(day) < expiry;
  });
  return offered.map(([snooze, day]) => ({ snooze, at: nineOn(day) }));
}

/** 9:00 on the first working day of a month: of this one, or `months` later. */
export function monthlyMorning(now: Date, months = 0): Date {
  return nineOn(workingDayFrom(dayOf(inParis(now).startOf('month').plus({ months }).toJSDate())));
}

function overdue(lastDay: Day, day: Day): Reminder {
  return { threshold: lastDay - day, at: nineOn(day) };
}

/** Of two on one morning, the alert gives way to a count of days, and more days to fewer. */
function urgency({ threshold }: Reminder): number {
  return threshold === 'alert' ? Number.NEGATIVE_INFINITY : -threshold;
}

function inParis(date: Date): DateTime {
  return DateTime.fromJSDate(date, PARIS);
}

/** A day of the Paris calendar, counted from 1 January 1970: adding to it meets no clock change. */
type Day = number;

const DAY_IN_MS = 86_400_000;

const HOUR_IN_MS = 3_600_000;
const ZONE = IANAZone.create(PARIS.zone);
/** In minutes. Clocks change on the hour, and asking the zone is slow: a morning of reminders asks a hundred thousand times. */
const offsetIn = remembered((hour) => ZONE.offset(hour * HOUR_IN_MS));

function dayOf(date: Date): Day {
  const at = date.getTime();
  return Math.floor((at + offsetIn(Math.floor(at / HOUR_IN_MS)) * 60_000) / DAY_IN_MS);
}

function nineOn(day: Day): Date {
  const nineUtc = day * DAY_IN_MS + 9 * HOUR_IN_MS;
  // Clocks change at 01:00 UTC: both nines of a day have the same offset.
  return new Date(nineUtc - offsetIn(nineUtc / HOUR_IN_MS) * 60_000);
}

function workingDayUpTo(day: Day): Day {
  return isWorkingDay(day) ? day : workingDayUpTo(day - 1);
}

function workingDayFrom(day: Day): Day {
  return isWorkingDay(day) ? day : workingDayFrom(day + 1);
}

/** Month-day of the public holidays that stay in place (Code du travail, L3133-1). */
const FIXED_HOLIDAYS = new Set(['01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25']);
/** Days after Easter Sunday: Easter Monday, Ascension, Whit Monday. */
const MOVABLE_HOLIDAYS = new Set([1, 39, 50]);

const isWorkingDay = remembered((day) => {
  const date = new Date(day * DAY_IN_MS);
  const weekend = date.getUTCDay() === 6 || date.getUTCDay() === 0;
  return (
    !weekend &&
    !FIXED_HOLIDAYS.has(date.toISOString().slice(5, 10)) &&
    !MOVABLE_HOLIDAYS.has(day - easterSunday(date.getUTCFullYear()))
  );
});

/** The Gregorian computus (Meeus, Jones and Butcher). */
function easterSunday(year: number): Day {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7;
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114;
  return Date.UTC(year, Math.floor(f / 31) - 1, (f % 31) + 1) / DAY_IN_MS;
}

const REMEMBERED_AT_MOST = 10_000;

/** The same function, with its last answers at hand. */
function remembered<Answer>(ask: (number: number) => Answer): (number: number) => Answer {
  const answers = new Map<number, Answer>();
  return (number) => {
    const known = answers.get(number);
    if (known !== undefined) return known;
    const answer = ask(number);
    if (answers.size >= REMEMBERED_AT_MOST) answers.clear();
    answers.set(number, answer);
    return answer;
  };
}
