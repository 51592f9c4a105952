// What each user did: how many events, with how many patients, and how many that were refused or failed.
import { type Fold, ordered } from './row.ts';

interface User {
  readonly role: string;
  events: number;
  notDone: number;
  readonly patients: Set<string>;
}

export function byUser(): Fold {
  const users = new Map<string, User>();
  return {
    add({ actorId, actorRole, outcome, patientId }) {
      const id = actorId ?? actorRole ?? 'nobody';
      const user = users.get(id) ?? { role: actorRole ?? '', events: 0, notDone: 0, patients: new Set() };
      users.set(id, user);
      user.events += 1;
      if (outcome !== 'success') user.notDone += 1;
      if (patientId !== null) user.patients.add(patientId);
    },
    section: () => ({
      name: 'by_user',
      title: 'By user',
      note: 'Events of each user and each job; `nobody` has not signed in.',
      columns: ['user', 'role', 'events', 'patients', 'not done'],
      rows: ordered(
        [...users].map(([id, { role, events, patients, notDone }]) => [
          id,
          role,
          events,
          patients.size,
          notDone,
        ]),
        2,
      ),
    }),
  };
}
