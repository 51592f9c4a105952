// What must be true of the records, as far as their callers can know it: a write that was answered is there, one that was
// not answered may be, and one that was refused is not.
import type { OrganizationId } from '@salus/schema';
import type { World } from './world.ts';

interface KnownPatient {
  readonly id: string;
  readonly organizationId: OrganizationId;
  /** The e-mail address of who made the record, and so is in its care team. */
  readonly creator: string;
  readonly mrn: string;
  /** The newest version that somebody has seen. */
  version: number;
  /** Telephone numbers by version: of the write that was answered, and of those that were not. */
  readonly answered: Map<number, string>;
  readonly possible: Map<number, Set<string>>;
}

export interface Model {
  readonly patients: readonly KnownPatient[];
  /** Requests that were answered with success: each has its events in the trail, for ever. */
  readonly answeredRequests: Set<string>;
  created(patient: Pick<KnownPatient, 'id' | 'organizationId' | 'creator' | 'mrn'>, phone: string): void;
  /** A change whose answer has come. @throws Violation */
  updated(id: string, from: number, version: number, phone: string): void;
  /** A change from this version on whose answer was lost. */
  mayBeUpdated(id: string, from: number, phone: string): void;
  /** What was read of a patient. @throws Violation when it cannot be */
  read(id: string, version: number, phone: string | undefined): void;
  /** A one-time code that was accepted. @throws Violation when it was before */
  codeAccepted(email: string, code: string): void;
  /** Who got which token in exchange for which. @throws Violation when another call got another */
  exchanged(old: string, successor: string): void;
}

export function createModel(world: Pick<World, 'require'>): Model {
  const patients = new Map<string, KnownPatient>();
  const codes = new Set<string>();
  const successors = new Map<string, string>();
  return {
    get patients() {
      return [...patients.values()];
    },
    answeredRequests: new Set(),
    created(patient, phone) {
      const answered = new Map([[1, phone]]);
      patients.set(patient.id, { ...patient, version: 1, answered, possible: new Map() });
    },
    updated(id, from, version, phone) {
      const patient = patients.get(id);
      if (!patient) return;
      world.require(
        version === from + 1,
        'a change was made from a version that was no longer the present one',
      );
      world.require(
        !patient.answered.has(version),
        'one version of a record was written twice: an update was lost',
      );
      patient.answered.set(version, phone);
      patient.version = Math.max(patient.version, version);
    },
    mayBeUpdated(id, from, phone) {
      const possible = patients.get(id)?.possible;
      possible?.set(from + 1, new Set([...(possible.get(from + 1) ?? []), phone]));
    },
    read(id, version, phone) {
      const patient = patients.get(id);
      if (!patient) return;
      patient.version = Math.max(patient.version, version);
      if (phone === undefined) return;
      const answered = patient.answered.get(version);
      const possible = patient.possible.get(version) ?? new Set();
      // Of a version that nobody speaks of here the write is under way.
      world.require(
        answered === undefined ? possible.size === 0 || possible.has(phone) : answered === phone,
        'a record says what nobody wrote at that version',
      );
    },
    codeAccepted(email, code) {
      world.require(!codes.has(`${email} ${code}`), 'a one-time code was accepted twice');
      codes.add(`${email} ${code}`);
    },
    exchanged(old, successor) {
      const known = successors.get(old) ?? successor;
      world.require(known === successor, 'a refresh token has two successors');
      successors.set(old, successor);
    },
  };
}
