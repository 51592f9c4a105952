// How many events there were, by kind, type and outcome.
import { type Fold, ordered, tally } from './row.ts';

export function summary(): Fold {
  const counts = tally();
  let total = 0;
  return {
    add({ kind, type, outcome }) {
      counts.add(`${kind}\n${type}\n${outcome}`);
      total += 1;
    },
    section: () => ({
      name: 'summary',
      title: 'Summary',
      note: 'Events by kind, type and outcome.',
      columns: ['kind', 'type', 'outcome', 'events'],
      rows: [
        ...ordered(
          counts.entries().map(([key, count]) => [...key.split('\n'), count]),
          3,
        ),
        ['all', 'all', 'all', total],
      ],
    }),
  };
}
