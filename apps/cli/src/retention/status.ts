// Years of the trail as a table: a line a year, and one for an organization that has none.
import type { RetentionStatus } from '@salus/db/retention';
import { table } from '../terminal/style.ts';

const HEAD = ['organization', 'kept for', 'year', 'state'];

export function statusTable(organizations: readonly RetentionStatus[]): string {
  return table([
    HEAD,
    ...organizations.flatMap(({ organization, name, rule, years }) => {
      const first = [`${organization} ${name}`, `${rule.years} years (${rule.basis})`];
      if (years.length === 0) return [[...first, '', '']];
      return years.map((year, at) => [...(at === 0 ? first : ['', '']), String(year.year), sentence(year)]);
    }),
  ]);
}

function sentence({ state, expires, size }: RetentionStatus['years'][number]): string {
  switch (state) {
    case 'kept':
      return `kept until ${expires}`;
    case 'held':
      return 'under a legal hold';
    case 'due':
      return 'goes within minutes';
    case 'ending':
      return 'being deleted';
    case 'deleted':
      return `deleted: ${size} events, as its certificate says`;
  }
}
