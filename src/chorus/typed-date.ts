import { DateTime } from 'luxon';

const PARIS = { zone: 'Europe/Paris', locale: 'fr' };

/** A day as people write it: the portal's way, with points or dashes, with the year first, or with the month in letters. */
const DAYS = [
  /^(?<day>\d{1,2})[/.-](?<month>\d{1,2})[/.-](?<year>\d{4}|\d\d)\b/,
  /^(?<day>\d{1,2}) (?<month>\d{1,2}) (?<year>\d{4})\b/,
  /^(?<year>\d{4})[/.-](?<month>\d{1,2})[/.-](?<day>\d{1,2})\b/,
  /^(?<day>\d{1,2})(?:er|st|nd|rd|th)?[ -](?<name>[a-z]+)[.]?[ -](?<year>\d{4})\b/,
  /^(?<name>[a-z]+)[.]? (?<day>\d{1,2})(?:st|nd|rd|th)? (?<year>\d{4})\b/,
];

/** 02:00:00, 02:00, 2 h 00, 2h. */
const TIME = /^(?<hour>\d{1,2})(?: ?h ?(?<minutes>\d\d)?|:(?<minute>\d\d)(?::(?<second>\d\d))?)$/;

/** What people put around a date. « mar. » may be March. */
const AROUND =
  /\b(?:le|the|of|on|at|a|vers|lun(?:di)?|mardi|mer(?:credi)?|jeu(?:di)?|ven(?:dredi)?|sam(?:edi)?|dim(?:anche)?|mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\b\.?|,/g;

/**
 * The instant of a date that somebody typed, on the clock of Paris; undefined where it may mean another one, such as
 * 04/18/2027. A day without an hour is its midnight in UTC, which is what the portal shows: 02:00:00 in summer, 01:00:00 in
 * winter. An hour that the clock change repeats is the earlier of the two: a deadline must not be taken late.
 */
export function readTypedDate(text: string): Date | undefined {
  const folded = text.normalize('NFKD').replace(/\p{M}/gu, '').trim();
  if (/^\d{4}-\d\d-\d\dT\d/.test(folded)) {
    const instant = DateTime.fromISO(folded, PARIS);
    return instant.isValid ? instant.toJSDate() : undefined;
  }
  const tidy = folded.toLowerCase().replace(AROUND, ' ').replace(/\s+/g, ' ').trim();
  const found = DAYS.map((shape) => shape.exec(tidy)).find((match) => match !== null);
  if (found === null || found?.groups === undefined) return undefined;
  const { day, year = '', month, name } = found.groups;
  const written = {
    year: Number(year) + (year.length === 2 ? 2000 : 0),
    month: name === undefined ? Number(month) : monthNamed(name),
    day: Number(day),
  };
  return instantOf(written, tidy.slice(found[0].length).trim());
}

function instantOf(
  written: { readonly year: number; readonly month: number | undefined; readonly day: number },
  time: string,
): Date | undefined {
  const { month } = written;
  if (month === undefined) return undefined;
  if (time === '') {
    const midnight = DateTime.fromObject({ ...written, month }, { zone: 'utc' });
    return midnight.isValid ? midnight.toJSDate() : undefined;
  }
  const groups = TIME.exec(time)?.groups;
  if (groups === undefined) return undefined;
  const at = DateTime.fromObject(
    {
      ...written,
      month,
      hour: Number(groups.hour),
      minute: Number(groups.minute ?? groups.minutes ?? 0),
      second: Number(groups.second ?? 0),
    },
    PARIS,
  );
  return at.isValid ? DateTime.min(...at.getPossibleOffsets())?.toJSDate() : undefined;
}

/** The names of the months in French and in English, without accents. */
const MONTHS = ['fr', 'en'].flatMap((language) => {
  const name = new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' });
  return Array.from({ length: 12 }, (_, i) => ({
    month: i + 1,
    name: name
      .format(Date.UTC(2027, i, 1))
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase(),
  }));
});

/** Three letters at least, and of one month only. */
function monthNamed(word: string): number | undefined {
  const months = new Set(
    MONTHS.filter(({ name }) => word.length >= 3 && name.startsWith(word)).map(({ month }) => month),
  );
  const [only] = months;
  return months.size === 1 ? only : undefined;
}
