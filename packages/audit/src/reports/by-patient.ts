// What was done with each patient's record, and by how many people.
import { type Fold, ordered } from './row.ts';

interface Patient {
  events: number;
  changes: number;
  readonly users: Set<string>;
}

export function byPatient(): Fold {
  const patients = new Map<string, Patient>();
  return {
    add({ patientId, actorId, kind }) {
      if (patientId === null) return;
      const patient = patients.get(patientId) ?? { events: 0, changes: 0, users: new Set() };
      patients.set(patientId, patient);
      patient.events += 1;
      if (kind === 'phi_modification' || kind === 'phi_deletion') patient.changes += 1;
      if (actorId !== null) patient.users.add(actorId);
    },
    section: () => ({
      name: 'by_patient',
      title: 'By patient',
      note: 'Events that concern each patient, and by how many users.',
      columns: ['patient', 'events', 'users', 'changes'],
      rows: ordered(
        [...patients].map(([id, { events, users, changes }]) => [id, events, users.size, changes]),
        1,
      ),
    }),
  };
}
