import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readExpiry } from '../../src/chorus/expiry.ts';
import { readTypedDate } from '../../src/chorus/typed-date.ts';
import { paris } from '../paris.ts';

/** What people have typed for « Date exp. Mot de passe », and the instant that they mean. */
const CASES: readonly { typed: string; is: string; says?: string }[] = JSON.parse(
  readFileSync('test/chorus/cases/dates.json', 'utf8'),
);
const KNOWN = paris('18/04/2026 02:00:00');

describe('what people have typed', () => {
  test.each(CASES.map((line) => [line.typed, line] as const))('%s', (typed, { is, says }) => {
    const now = paris('15/01/2026 10:00:00');
    if (is !== 'ask') {
      expect(readExpiry(typed, now, KNOWN)).toEqual({ ok: true, at: new Date(is) });
    } else if (says === undefined) {
      expect(readExpiry(typed, now, KNOWN)).toEqual({ ok: false, problem: 'format' });
    } else {
      expect(says).toBe("C'est l'ancienne date");
      expect(readExpiry('18/04/2026 02:00:00', now, KNOWN)).toEqual({ ok: false, problem: 'former' });
    }
  });
});

describe('an unambiguous date', () => {
  test.each([
    ['18/04/2023 02:00:00', '2023-04-18T00:00:00.000Z'],
    ['18/12/2023 02:00:00', '2023-12-18T01:00:00.000Z'],
    [' 18/04/2023\t02:00:00\u00a0', '2023-04-18T00:00:00.000Z'],
    ['18/04/2023 \u00a0 02:00:00', '2023-04-18T00:00:00.000Z'],
    ['29/02/2028', '2028-02-29T00:00:00.000Z'],
    ['26/10/2025 02:30:00', '2025-10-26T00:30:00.000Z'],
    ['18/04/27', '2027-04-18T00:00:00.000Z'],
    ['18-4-2027', '2027-04-18T00:00:00.000Z'],
    ['18 04 2027', '2027-04-18T00:00:00.000Z'],
    ['2027/4/18', '2027-04-18T00:00:00.000Z'],
    ['2027-04-18T02:00:00+02:00', '2027-04-18T00:00:00.000Z'],
    ['2027-04-18T00:00:00.000Z', '2027-04-18T00:00:00.000Z'],
    ['2027-04-18 02:00', '2027-04-18T00:00:00.000Z'],
    ['18/04/2027 à 2h', '2027-04-18T00:00:00.000Z'],
    ['18/04/2027, 02 h 00', '2027-04-18T00:00:00.000Z'],
    ['18/04/2027 at 14:30', '2027-04-18T12:30:00.000Z'],
    ['le 18 avril 2027', '2027-04-18T00:00:00.000Z'],
    ['Dimanche 18 avril 2027 à 02:00', '2027-04-18T00:00:00.000Z'],
    ['mardi 1er mars 2027', '2027-03-01T00:00:00.000Z'],
    ['dim. 18 avr. 2027', '2027-04-18T00:00:00.000Z'],
    ['18 AOÛT 2027', '2027-08-18T00:00:00.000Z'],
    ['18 févr. 2027', '2027-02-18T00:00:00.000Z'],
    ['18-avr-2027', '2027-04-18T00:00:00.000Z'],
    ['18 April 2027', '2027-04-18T00:00:00.000Z'],
    ['Sunday, April 18th, 2027', '2027-04-18T00:00:00.000Z'],
    ['Mar 1, 2027', '2027-03-01T00:00:00.000Z'],
    ['18 déc. 2027', '2027-12-18T00:00:00.000Z'],
  ])('%j is %s', (text, instant) => {
    expect(readTypedDate(text)?.toISOString()).toBe(instant);
  });

  test.each([
    '',
    'demain',
    '04/18/2027',
    '31/02/2026',
    '30 février 2027',
    '18/04/2023 25:00:00',
    '18/04/2023 02:00:00 30',
    '18/04/2027 matin',
    '18 avril',
    '18/04',
    '18 jui 2027',
    '18 ma 2027',
    '18042027',
    '118/04/2027',
    '18/04/20270',
    '2027-13-01',
    '2027-04-18T99:00:00',
    '18 avril 2027 18 mai 2027',
  ])('%j is none', (text) => {
    expect(readTypedDate(text)).toBeUndefined();
  });

  test('whatever is typed, it is a date or none, and at once', () => {
    const parts = fc.constantFrom(
      '18',
      '4',
      '2027',
      '/',
      ' ',
      '.',
      '-',
      'avril',
      'le',
      ':',
      '02',
      'h',
      'T',
      ',',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(parts, { maxLength: 14 }).map((all) => all.join('')),
        ),
        (text) => {
          const read = readTypedDate(text);
          expect(read === undefined || !Number.isNaN(read.getTime())).toBe(true);
        },
      ),
    );
    const begun = process.cpuUsage();
    readTypedDate('1 '.repeat(100_000));
    readTypedDate(`${'le '.repeat(100_000)}18/04/2027`);
    expect(process.cpuUsage(begun).user).toBeLessThan(5_000_000);
  });
});
