import { DateTime } from 'luxon';

/** `dd/MM/yyyy HH:mm:ss` or `dd/MM/yyyy`, which is 00:00:00, on the clock of Paris. */
export function paris(text: string): Date {
  const format = text.includes(':') ? 'dd/MM/yyyy HH:mm:ss' : 'dd/MM/yyyy';
  const parsed = DateTime.fromFormat(text, format, { zone: 'Europe/Paris', locale: 'fr' });
  if (!parsed.isValid) throw new Error(`no date: ${text}`);
  return DateTime.min(...parsed.getPossibleOffsets())?.toJSDate() as Date;
}
