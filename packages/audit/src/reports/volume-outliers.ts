// Days on which a user has used far more records than is usual for them. Usual is their own past: the median of records a day
// over the days they worked in the ninety days before, and how far those days lie from it (median absolute deviation, which
// one odd day does not move; Leys et al. 2013, doi:10.1016/j.jesp.2013.03.013).
import { ordered, type Section } from './row.ts';

/** Days of a user's past that are looked at. */
export const HISTORY_DAYS = 90;
/** Fewer days than this are no past. */
const DAYS_AT_LEAST = 5;
/** Scales the deviation to that of a normal distribution, of which three are an outlier. */
const DEVIATIONS = 3 * 1.4826;
/** Who always sees three patients and then sees five is not of interest. */
const MORE_AT_LEAST = 10;

export interface DailyCount {
  readonly userId: string;
  /** `2026-11-24`, in the organization's time zone. */
  readonly day: string;
  /** Patients whose records the user has used on that day. */
  readonly patients: number;
}

/** @param firstDay of the period; days before it are the past */
export function volumeOutliers(counts: readonly DailyCount[], firstDay: string): Section {
  const rows = [...Map.groupBy(counts, ({ userId }) => userId)].flatMap(([userId, days]) => {
    const past = days.filter(({ day }) => day < firstDay).map(({ patients }) => patients);
    if (past.length < DAYS_AT_LEAST) return [];
    const usual = median(past);
    const deviation = median(past.map((patients) => Math.abs(patients - usual)));
    const limit = usual + Math.max(DEVIATIONS * deviation, MORE_AT_LEAST);
    return days
      .filter(({ day, patients }) => day >= firstDay && patients > limit)
      .map(({ day, patients }) => [userId, day, patients, usual, Math.round(limit * 10) / 10]);
  });
  return {
    name: 'volume_outliers',
    title: 'Unusual volume',
    note: `Days above three deviations from the user's own ${HISTORY_DAYS} days before, and at least ${MORE_AT_LEAST} above their median.`,
    columns: ['user', 'day', 'patients', 'median', 'limit'],
    rows: ordered(rows, 2),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}
