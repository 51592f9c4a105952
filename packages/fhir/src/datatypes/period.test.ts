import { describe, expect, it } from 'vitest';
import { dateTime, hasEnded } from './period.ts';

describe('a FHIR dateTime', () => {
  it.each([
    ...['2015', '2015-02', '2015-02-07', '2015-02-07T13:28:17Z', '2015-02-07T13:28:17.239-05:00'],
    ...['2015-02-07T23:59:60Z', '2015-02-07T00:00:00+14:00'],
  ])('is %s', (value) => expect(dateTime.safeParse(value).success).toBe(true));

  it.each([
    ...[
      '2015-02-30',
      '2015-02-30T10:00:00Z',
      '2015-02-07T24:00:00Z',
      '2015-02-07T10:00Z',
      '2015-02-07T10:00:00',
    ],
    ...['2015-02T10:00:00Z', '2015-02-07 10:00:00Z', '2015-02-07T10:00:00+15:00', '', 'now'],
  ])('is not %j', (value) => expect(dateTime.safeParse(value).success).toBe(false));
});

describe('a period', () => {
  // 10:30 UTC on 9 March is still 8 March in UTC-12.
  const now = Date.UTC(2026, 2, 9, 10, 30);

  it('without an end goes on', () => {
    expect(hasEnded(undefined, now)).toBe(false);
    expect(hasEnded({ start: '2020' }, now)).toBe(false);
  });

  it('includes the whole of the day, month or year that it ends with, wherever that is', () => {
    expect(hasEnded({ end: '2026-03-07' }, now)).toBe(true);
    expect(hasEnded({ end: '2026-03-08' }, now)).toBe(false);
    expect(hasEnded({ end: '2026-02' }, now)).toBe(true);
    expect(hasEnded({ end: '2026-03' }, now)).toBe(false);
    expect(hasEnded({ end: '2025' }, now)).toBe(true);
    expect(hasEnded({ end: '2026' }, now)).toBe(false);
  });

  it('ends at its instant when it names one', () => {
    expect(hasEnded({ end: '2026-03-09T10:30:00Z' }, now)).toBe(false);
    expect(hasEnded({ end: '2026-03-09T10:29:59Z' }, now)).toBe(true);
    expect(hasEnded({ end: '2026-03-09T05:30:01-05:00' }, now)).toBe(false);
    expect(hasEnded({ end: '2026-03-09T05:29:59-05:00' }, now)).toBe(true);
    expect(hasEnded({ end: '2016-12-31T23:59:60Z' }, now)).toBe(true);
  });
});
