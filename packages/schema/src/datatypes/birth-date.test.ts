import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { birthDate, isCalendarDate, isFutureDate } from './birth-date.ts';

const accepts = (value: unknown) => birthDate.safeParse(value).success;

describe('a calendar date', () => {
  it.each(['2024-02-29', '2000-02-29', '1999-12-31', '1980-05', '1980', '0000', '0000-02-29', '9999-12-31'])(
    'VAL-13: %s is one',
    (value) => expect(isCalendarDate(value)).toBe(true),
  );

  it.each([
    ...[
      '2023-02-29',
      '1900-02-29',
      '2024-02-30',
      '2024-04-31',
      '2024-13-01',
      '2024-13',
      '2024-00',
      '2024-01-00',
    ],
    ...[
      '2024-1-1',
      '24-01-01',
      '20240101',
      '2024-01-01T00:00:00Z',
      '2024-01-01 ',
      '2024-01-01\n',
      '-2024-01-01',
    ],
    ...['+002024-01-01', '２０２４-01-01', '2024/01/01', '01-01-2024', '', 'today'],
  ])('VAL-13: %j is none', (value) => expect(isCalendarDate(value)).toBe(false));
});

describe('whether a date is in the future', () => {
  // 10:30 UTC on 9 March is 00:30 on 10 March in UTC+14, and 22:30 on 8 March in UTC-12.
  const now = Date.UTC(2026, 2, 9, 10, 30);

  it('VAL-13: is asked of the zone where the day begins first', () => {
    expect(isFutureDate('2026-03-09', now)).toBe(false);
    expect(isFutureDate('2026-03-10', now)).toBe(false);
    expect(isFutureDate('2026-03-11', now)).toBe(true);
  });

  it('VAL-13: changes at midnight in UTC+14 to the millisecond', () => {
    const midnight = Date.UTC(2026, 2, 9, 10);
    expect(isFutureDate('2026-03-10', midnight - 1)).toBe(true);
    expect(isFutureDate('2026-03-10', midnight)).toBe(false);
  });

  it('VAL-13: compares a partial date with as much of today', () => {
    expect(isFutureDate('2026-03', now)).toBe(false);
    expect(isFutureDate('2026-04', now)).toBe(true);
    expect(isFutureDate('2026', now)).toBe(false);
    expect(isFutureDate('2027', now)).toBe(true);
    expect(isFutureDate('2027-01', Date.UTC(2026, 11, 31, 10))).toBe(false);
  });
});

describe('a date of birth', () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 2, 9, 10, 30) }));
  afterEach(() => void vi.useRealTimers());

  it.each(['1980-05-29', '1980-05', '1980', '1850', '1850-01-01', '2024-02-29', '2026-03-10', '2026'])(
    'VAL-12: %s is kept as the text it is',
    (value) => expect(birthDate.parse(value)).toBe(value),
  );

  it('VAL-12: a day with no midnight, where clocks go forward, is a day', () => {
    expect(birthDate.parse('1984-04-01')).toBe('1984-04-01');
    expect(birthDate.parse('2018-11-04')).toBe('2018-11-04');
  });

  it.each(['1849-12-31', '1849', '0000', '0001-01-01', '2026-03-11', '2026-04', '2027', '2023-02-29', ''])(
    'VAL-13: %j is refused',
    (value) => expect(accepts(value)).toBe(false),
  );

  it('VAL-13: nothing is turned into a date: null, true, a number and a Date are refused', () => {
    for (const value of [null, undefined, true, 0, 19800529, new Date(0), ['1980'], { year: 1980 }]) {
      expect(accepts(value)).toBe(false);
    }
  });
});
