import { expect, it } from 'vitest';
import { type DailyCount, volumeOutliers } from './volume-outliers.ts';

const days = (userId: string, month: string, counts: readonly number[]): DailyCount[] =>
  counts.map((patients, at) => ({ userId, day: `${month}-${String(at + 1).padStart(2, '0')}`, patients }));

const PERIOD = '2026-11-01';

it('finds the day on which a user has used far more records than is usual for them', () => {
  const past = days('u', '2026-10', [20, 22, 18, 21, 19, 20, 23, 17]);
  const { rows } = volumeOutliers([...past, ...days('u', '2026-11', [21, 90, 24])], PERIOD);
  // The median is 20; deviations 0 2 2 1 1 0 3 3 have the median 1.5, and 3 × 1.4826 × 1.5 is less than 10.
  expect(rows).toEqual([['u', '2026-11-02', 90, 20, 30]]);
});

it('measures each by their own past, and by how much that varies', () => {
  const steady = days('steady', '2026-10', [5, 5, 5, 5, 5, 5]);
  const varied = days('varied', '2026-10', [5, 60, 10, 55, 30, 40]);
  const day = [...days('steady', '2026-11', [40]), ...days('varied', '2026-11', [40])];
  expect(volumeOutliers([...steady, ...varied, ...day], PERIOD).rows.map(([user]) => user)).toEqual([
    'steady',
  ]);
});

it('is not moved by one odd day of the past', () => {
  const past = days('u', '2026-10', [20, 20, 20, 500, 20, 20]);
  expect(volumeOutliers([...past, ...days('u', '2026-11', [60])], PERIOD).rows).toEqual([
    ['u', '2026-11-01', 60, 20, 30],
  ]);
});

it('says nothing of who has no past, and nothing of the past', () => {
  expect(volumeOutliers(days('new', '2026-11', [500]), PERIOD).rows).toEqual([]);
  expect(volumeOutliers(days('old', '2026-10', [1, 1, 1, 1, 1, 500]), PERIOD).rows).toEqual([]);
});
