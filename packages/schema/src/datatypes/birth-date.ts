// A date of birth (HL7 FHIR date): a calendar day, month or year and never an instant, so that no time zone can move it.
// The day or the month may be unknown: `1980-05-29`, `1980-05` and `1980` are all dates.
import * as z from 'zod';

const PARTS = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;
const EARLIEST_YEAR = 1850;
/** UTC+14, where every day begins first. */
const EARLIEST_ZONE_MS = 14 * 60 * 60 * 1000;

/** Whether the text is a real calendar day, month or year, in the proleptic Gregorian calendar. */
export function isCalendarDate(value: string): boolean {
  const parts = PARTS.exec(value);
  if (!parts) return false;
  const [, year, month = '01', day = '01'] = parts;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${year}-${month}-${day}`);
}

/** Whether the date has not begun anywhere on Earth at `now` (milliseconds since the epoch). */
export function isFutureDate(value: string, now: number): boolean {
  const today = new Date(now + EARLIEST_ZONE_MS).toISOString().slice(0, value.length);
  return value > today;
}

export const birthDate = z
  .string()
  .refine(isCalendarDate, 'not a calendar date (YYYY-MM-DD, YYYY-MM or YYYY)')
  .refine((value) => Number(value.slice(0, 4)) >= EARLIEST_YEAR, `before ${EARLIEST_YEAR}`)
  .refine((value) => !isFutureDate(value, Date.now()), 'in the future');
