// What was refused and what failed, and why. Refusals that came in storms were counted and not recorded one by one.
import { type Fold, ordered, tally } from './row.ts';

export function failures(): Fold {
  const recorded = tally();
  const counted = tally();
  return {
    add({ outcome, type, reason, repeated }) {
      if (outcome === 'success') return;
      const key = [type, outcome, reason ?? ''].join('\n');
      recorded.add(key);
      counted.add(key, repeated);
    },
    section: () => ({
      name: 'failures',
      title: 'Refusals and failures',
      note: 'By type, outcome and reason. `repeated`: further ones that were counted, not recorded.',
      columns: ['type', 'outcome', 'reason', 'events', 'repeated'],
      rows: ordered(
        recorded.entries().map(([key, count]) => [...key.split('\n'), count, counted.of(key)]),
        3,
      ),
    }),
  };
}
