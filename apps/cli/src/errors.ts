// Why a command did not do what it was asked for. The message is for whoever typed it.

export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly exitCode: number = 1;
}

/** The command was not understood. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
  override readonly exitCode = 2;
}

/** What was to be looked at could not be: that says nothing about it. */
export class UnreachableError extends CommandError {
  override readonly name = 'UnreachableError';
  override readonly exitCode = 2;
}

/** A log that was to be verified is gone, and lawfully: neither does it verify nor was it tampered with. */
export class DeletedLogError extends CommandError {
  override readonly name = 'DeletedLogError';
  override readonly exitCode = 3;
}

export const NOT_A_POLICY = 'not a policy of k of n: each witness once, and a quorum of at most all of them';

/** Whether it is an error of the operating system with that code, such as `ENOENT`. */
export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
