// Use of one's own record, or of somebody's who has the same family name: a relative's, perhaps, or nobody's. Which user and
// which patient are compared comes from the trail; the comparison is made of names that are opened for it, one patient at a
// time, and only its result is kept.
import type { HumanName } from '@salus/schema';
import { type Cell, isStaffAccess, ordered, type ReportRow, type Section, tally } from './row.ts';

export interface Pair {
  readonly userId: string;
  readonly patientId: string;
  readonly events: number;
}

export interface Employee {
  readonly displayName: string;
  readonly email: string;
}

export interface Person {
  readonly name: HumanName;
  readonly email: string | null;
}

/** Who has used whose record. */
export function pairs(): { add(row: ReportRow): void; pairs(): Pair[] } {
  const counts = tally();
  return {
    add(row) {
      if (row.patientId !== null && isStaffAccess(row)) counts.add(`${row.actorId} ${row.patientId}`);
    },
    pairs: () =>
      counts.entries().map(([key, events]) => {
        const [userId = '', patientId = ''] = key.split(' ');
        return { userId, patientId, events };
      }),
  };
}

export type Kinship = 'own record' | 'same family name';

/**
 * Own: the same e-mail address, or the family name and the first given name both in the display name. Case and marks do not
 * count. A hint for a person to look at, and no proof.
 */
export function kinshipOf({ displayName, email }: Employee, { name, email: theirs }: Person): Kinship | null {
  if (theirs !== null && folded(theirs) === folded(email)) return 'own record';
  const words = folded(displayName).split(' ');
  const family = folded(name.family).split(' ');
  if (words.slice(-family.length).join(' ') !== family.join(' ')) return null;
  const [given] = name.given;
  const before = words.slice(0, -family.length);
  return given !== undefined && before.includes(folded(given)) ? 'own record' : 'same family name';
}

const folded = (text: string) =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[\s.,]+/u)
    .filter(Boolean)
    .join(' ');

/** @param found pairs with what was found of them; @param compared how many pairs were looked at, and of how many */
export function kinship(
  found: readonly (Pair & { readonly kinship: Kinship })[],
  compared: { readonly pairs: number; readonly of: number },
): Section {
  return {
    name: 'kinship',
    title: 'Own records and same family names',
    note: `${compared.pairs} of ${compared.of} pairs of user and patient were compared. A hint, and no proof.`,
    columns: ['user', 'patient', 'kinship', 'events'],
    rows: ordered(
      found.map(({ userId, patientId, kinship: what, events }): Cell[] => [userId, patientId, what, events]),
      3,
    ),
  };
}
