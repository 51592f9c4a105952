// Every use of a record in an emergency or past the usual limits (45 CFR 164.312(a)(2)(ii)), to be reviewed one by one.
import { type Cell, type Fold, instant } from './row.ts';

const PURPOSES: ReadonlySet<string> = new Set(['BTG', 'ETREAT']);

export function emergencyAccess(): Fold {
  const rows: Cell[][] = [];
  return {
    add({ at, purpose, type, actorId, actorRole, patientId, outcome }) {
      if (!type.startsWith('break_glass.') && !(purpose !== null && PURPOSES.has(purpose))) return;
      rows.push([instant(at), actorId ?? '', actorRole ?? '', patientId ?? '', type, purpose ?? '', outcome]);
    },
    section: () => ({
      name: 'emergency_access',
      title: 'Emergency access',
      note: 'Each is to be reviewed.',
      columns: ['time', 'user', 'role', 'patient', 'type', 'purpose', 'outcome'],
      rows,
    }),
  };
}
