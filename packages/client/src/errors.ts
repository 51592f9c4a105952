// What a call can come to, other than its answer. Program against `code`; quote `requestId` to whoever runs the system.
import type { AppCode, AppRouter } from '@salus/api';
import type { TRPCClientError } from '@trpc/client';

/** `network`: no answer, or none that is Salus's. Whether a write was kept is not known. `signed_out`: nobody has signed in. */
export type SalusErrorCode = AppCode | 'network' | 'signed_out';

type Answer = NonNullable<TRPCClientError<AppRouter>['data']>;

export class SalusError extends Error {
  override readonly name = 'SalusError';
  readonly code: SalusErrorCode;
  readonly httpStatus: number | null;
  readonly requestId: string | null;
  /** With `input_invalid`: where the input is wrong. */
  readonly fieldErrors: NonNullable<Answer['fieldErrors']>;
  /** With `version_conflict`: the version that the record has now. */
  readonly currentVersion: number | null;

  constructor(code: SalusErrorCode, answer: Partial<Answer> = {}) {
    super(code);
    this.code = code;
    this.httpStatus = answer.httpStatus ?? null;
    this.requestId = answer.requestId ?? null;
    this.fieldErrors = answer.fieldErrors ?? [];
    this.currentVersion = answer.currentVersion ?? null;
  }
}

/** Of an error of tRPC's client: what the server said, or that it said nothing. */
export function salusErrorOf({ data }: TRPCClientError<AppRouter>): SalusError {
  return data ? new SalusError(data.appCode, data) : new SalusError('network');
}
