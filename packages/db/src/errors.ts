// What can go wrong in the database, as stable codes. The cause is not kept: drizzle's message is the SQL with its
// parameters, and PostgreSQL's detail is the value that clashed.

export type DatabaseErrorCode =
  /** The session is over, or was never one (SA401). */
  | 'session_ended'
  /** Another row has the value that must be unique (23505), or a leaf contradicts an earlier one (SA409). */
  | 'conflict'
  /** A row that was referred to does not exist or is not this organization's (23503), or row security forbids it (42501), or there is no such job (SA404). */
  | 'not_permitted'
  /** It was sealed with keys that have been replaced in the meantime (SA410). With the present ones it succeeds. */
  | 'keys_outdated'
  /** The runtime role could bypass row-level security (SA500): nothing may be served. */
  | 'role_too_strong'
  /** Not reachable, too slow, shutting down. Whether a write was kept is not known. */
  | 'unavailable'
  | 'internal';

export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;
  /** Name of the constraint that was violated, where there is one. */
  readonly constraint: string | null;

  constructor(code: DatabaseErrorCode, constraint: string | null = null) {
    super(code);
    this.code = code;
    this.constraint = constraint;
  }
}

const BY_STATE: Readonly<Record<string, DatabaseErrorCode>> = {
  SA401: 'session_ended',
  SA404: 'not_permitted',
  SA409: 'conflict',
  SA410: 'keys_outdated',
  SA500: 'role_too_strong',
  '23505': 'conflict',
  '23503': 'not_permitted',
  '42501': 'not_permitted',
};

/** Classes of SQLSTATE that mean the server is not there for us now: connection, resources, operator, system. */
const UNAVAILABLE = /^(08|53|57|58|XX)/;

export function databaseErrorOf(thrown: unknown): DatabaseError {
  const error = driverErrorOf(thrown);
  const state = typeof error?.code === 'string' ? error.code : null;
  if (state === null) return new DatabaseError('unavailable');
  const constraint = typeof error?.constraint === 'string' ? error.constraint : null;
  if (UNAVAILABLE.test(state)) return new DatabaseError('unavailable');
  return new DatabaseError(BY_STATE[state] ?? 'internal', constraint);
}

/** Drizzle wraps the driver's error, sometimes more than once; the driver's has the SQLSTATE. */
function driverErrorOf(thrown: unknown): { code?: unknown; constraint?: unknown } | null {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') return error;
  }
  return null;
}

/** A key that should be there is not. Nothing can be answered. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
  readonly code: 'organization_without_key' | 'key_version_unknown';

  constructor(code: KeyError['code']) {
    super(code);
    this.code = code;
  }
}

/** There is no such record, or it is not the caller's to know of: the same answer for both. Recorded already. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
  readonly code = 'not_found';
  readonly recorded = true;

  constructor() {
    super('not_found');
  }
}

/** The record has been changed since the version that the change was made from. Recorded already. */
export class VersionConflictError extends Error {
  override readonly name = 'VersionConflictError';
  readonly code = 'version_conflict';
  readonly recorded = true;
  readonly currentVersion: number;

  constructor(currentVersion: number) {
    super('version_conflict');
    this.currentVersion = currentVersion;
  }
}

export type RefusalCode =
  /** The record was shredded: there is nothing that could be read or changed. */
  | 'gone'
  /** A legal hold is in force. */
  | 'legal_hold'
  /** Whoever asked for it cannot approve it. */
  | 'second_person_required';

/** A call that the database refused for what it found there. Recorded already. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: RefusalCode;
  readonly recorded = true;

  constructor(code: RefusalCode) {
    super(code);
    this.code = code;
  }
}
