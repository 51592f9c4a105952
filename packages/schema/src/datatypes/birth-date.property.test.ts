import fc from 'fast-check';
import { expect, it } from 'vitest';
import { birthDate, isCalendarDate, isFutureDate } from './birth-date.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const day = fc
  .integer({ min: Date.UTC(1850, 0, 1) / DAY_MS, max: Date.UTC(2020, 0, 1) / DAY_MS })
  .map((days) => new Date(days * DAY_MS).toISOString().slice(0, 10));

it('VAL-12: every day since 1850, and its month and its year, comes out as it went in', () => {
  fc.assert(
    fc.property(day, fc.constantFrom(4, 7, 10), (value, length) => {
      expect(birthDate.parse(value.slice(0, length))).toBe(value.slice(0, length));
    }),
  );
});

it('VAL-13: of all the days a month could have, it has those of the calendar', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1850, max: 2400 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 32 }),
      (year, month, date) => {
        const value = `${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
        expect(isCalendarDate(value)).toBe(date >= 1 && date <= daysIn(year, month));
      },
    ),
    { numRuns: 500 },
  );
});

it('VAL-13: a date is in the future until it has begun in UTC+14, and never again', () => {
  fc.assert(
    fc.property(day, fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS }), (value, offset) => {
      const begins = Date.parse(`${value}T00:00:00+14:00`);
      expect(isFutureDate(value, begins + offset)).toBe(offset < 0);
    }),
  );
});

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
