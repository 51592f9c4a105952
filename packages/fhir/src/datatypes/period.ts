// FHIR R4 date, dateTime and Period (hl7.org/fhir/R4/datatypes.html): a date may lack its day or month, a time never lacks
// its zone, and a period includes the whole of the day, month or year that it ends with.
import { isCalendarDate } from '@salus/schema';
import * as z from 'zod';

const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d)$/;
/** UTC-12, where every day ends last. */
const LATEST_ZONE_MS = 12 * 60 * 60 * 1000;

export const date = z.string().refine(isCalendarDate, 'not a date');

export const dateTime = z.string().refine((value) => {
  const day = DATE_TIME.exec(value)?.[1] ?? value;
  return isCalendarDate(day);
}, 'not a date or time');

export const period = z.looseObject({ start: dateTime.optional(), end: dateTime.optional() });

export type Period = z.output<typeof period>;

/** Whether the period is over everywhere on Earth at `now` (milliseconds since the epoch). */
export function hasEnded(period: Period | undefined, now: number): boolean {
  const end = period?.end;
  if (end === undefined) return false;
  // A leap second is one that JavaScript does not know.
  if (end.includes('T')) return Date.parse(end.replace(/:60(?=[.Z+-])/, ':59')) < now;
  return end < new Date(now - LATEST_ZONE_MS).toISOString().slice(0, end.length);
}
