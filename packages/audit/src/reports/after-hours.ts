// Use of records outside working hours, by the clock of the organization's time zone: before 7, from 19 on, and at weekends.
import { type Fold, isStaffAccess, ordered } from './row.ts';

const OPENS = 7;
const CLOSES = 19;
const WEEKEND: ReadonlySet<string> = new Set(['Sat', 'Sun']);

interface Nights {
  readonly role: string;
  events: number;
  readonly patients: Set<string>;
}

/** @param timeZone of the IANA database. @throws RangeError when it is not one */
export function afterHours(timeZone: string): Fold {
  const users = new Map<string, Nights>();
  const isWorkingTime = workingTime(timeZone);
  return {
    add(row) {
      if (row.actorId === null || !isStaffAccess(row) || isWorkingTime(row.at)) return;
      const user = users.get(row.actorId) ?? { role: row.actorRole ?? '', events: 0, patients: new Set() };
      users.set(row.actorId, user);
      user.events += 1;
      if (row.patientId !== null) user.patients.add(row.patientId);
    },
    section: () => ({
      name: 'after_hours',
      title: 'After hours',
      note: `Use of records before ${OPENS}:00, from ${CLOSES}:00 on, or at a weekend, in ${timeZone}.`,
      columns: ['user', 'role', 'events', 'patients'],
      rows: ordered(
        [...users].map(([id, { role, events, patients }]) => [id, role, events, patients.size]),
        2,
      ),
    }),
  };
}

function workingTime(timeZone: string): (at: number) => boolean {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    weekday: 'short',
    hour: 'numeric',
    hourCycle: 'h23',
  });
  return (at) => {
    const parts = format.formatToParts(at);
    const part = (type: string) => parts.find((found) => found.type === type)?.value ?? '';
    const hour = Number(part('hour'));
    return !WEEKEND.has(part('weekday')) && hour >= OPENS && hour < CLOSES;
  };
}
