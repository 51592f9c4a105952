// The one boundary where errors become answers. What is not in this table leaves as "internal error": no message, cause,
// query, parameter or stack of an error is ever sent (FINDINGS.md: all of them leak by default).
import { LogError } from '@salus/audit/log';
import { KeyProviderError } from '@salus/db';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { type TRPC_ERROR_CODE_KEY, TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import * as z from 'zod';

/** What an outsider is told. */
export interface PublicError {
  readonly code: TRPC_ERROR_CODE_KEY;
  /** Stable, and the one to program against. */
  readonly appCode: AppCode;
  readonly message: string;
  /** With `input_invalid`: where the input is wrong and how, never what it was. */
  readonly fieldErrors?: readonly FieldError[];
  /** With `version_conflict`: the version that the record has now. */
  readonly currentVersion?: number;
}

export interface FieldError {
  readonly path: readonly (string | number)[];
  readonly code: string;
}

const ANSWERS = {
  input_invalid: ['BAD_REQUEST', 'The input is not valid.'],
  request_malformed: ['BAD_REQUEST', 'The request is not valid.'],
  cursor_invalid: ['BAD_REQUEST', 'The cursor is not valid.'],
  batch_too_large: ['BAD_REQUEST', 'A batch has at most 10 calls.'],
  token_missing: ['UNAUTHORIZED', 'Sign in first.'],
  token_invalid: ['UNAUTHORIZED', 'Sign in again.'],
  token_expired: ['UNAUTHORIZED', 'The access token has expired.'],
  session_ended: ['UNAUTHORIZED', 'Sign in again.'],
  credentials_refused: ['UNAUTHORIZED', 'The credentials are not valid.'],
  purpose_required: ['FORBIDDEN', 'Name a purpose of use.'],
  purpose_not_permitted: ['FORBIDDEN', 'Not permitted for this purpose of use.'],
  role_not_permitted: ['FORBIDDEN', 'Not permitted.'],
  field_not_granted: ['FORBIDDEN', 'Not permitted for these fields.'],
  step_up_required: ['FORBIDDEN', 'Give your second factor again.'],
  second_person_required: ['FORBIDDEN', 'Somebody else has to approve.'],
  transport_insecure: ['FORBIDDEN', 'Use HTTPS.'],
  cross_site: ['FORBIDDEN', 'Not permitted from this site.'],
  not_found: ['NOT_FOUND', 'Not found.'],
  gone: ['NOT_FOUND', 'The record has been destroyed.'],
  method_not_allowed: ['METHOD_NOT_SUPPORTED', 'Use POST.'],
  content_type_not_supported: ['UNSUPPORTED_MEDIA_TYPE', 'Send application/json.'],
  body_too_large: ['PAYLOAD_TOO_LARGE', 'The body is too large.'],
  version_conflict: ['CONFLICT', 'The record has changed since that version.'],
  mrn_taken: ['CONFLICT', 'Another patient has this medical record number.'],
  conflict: ['CONFLICT', 'The record is in conflict with another.'],
  legal_hold: ['CONFLICT', 'A legal hold is in force.'],
  throttled: ['TOO_MANY_REQUESTS', 'Too many attempts. Try again later.'],
  unavailable: ['SERVICE_UNAVAILABLE', 'Not available at the moment. Try again later.'],
  internal: ['INTERNAL_SERVER_ERROR', 'Internal error.'],
} as const satisfies Record<string, readonly [TRPC_ERROR_CODE_KEY, string]>;

export type AppCode = keyof typeof ANSWERS;

/** A refusal by the API itself. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: AppCode;
  /** Whether the audit trail says so already. */
  readonly recorded: boolean;

  constructor(code: AppCode, { recorded = false }: { readonly recorded?: boolean } = {}) {
    super(code);
    this.code = code;
    this.recorded = recorded;
  }
}

/** Codes of other packages' errors that go by another name outside. */
const RENAMED: Readonly<Record<string, AppCode>> = {
  // A record that is not the caller's and one that does not exist are the same to the caller.
  not_permitted: 'not_found',
  organization_without_key: 'unavailable',
  key_version_unknown: 'unavailable',
  keys_outdated: 'unavailable',
  random_source_broken: 'unavailable',
  key_exhausted: 'unavailable',
};

/** Errors of tRPC itself, before any procedure of ours has run. */
const OF_TRPC: Partial<Record<TRPC_ERROR_CODE_KEY, AppCode>> = {
  PARSE_ERROR: 'request_malformed',
  BAD_REQUEST: 'request_malformed',
  NOT_FOUND: 'not_found',
  METHOD_NOT_SUPPORTED: 'method_not_allowed',
  UNSUPPORTED_MEDIA_TYPE: 'content_type_not_supported',
  PAYLOAD_TOO_LARGE: 'body_too_large',
};

export function publicErrorOf(error: TRPCError): PublicError {
  const { cause } = error;
  if (error.code === 'BAD_REQUEST' && cause instanceof z.ZodError) {
    return { ...answer('input_invalid'), fieldErrors: cause.issues.map(fieldErrorOf) };
  }
  const appCode = appCodeOf(cause) ?? OF_TRPC[error.code] ?? 'internal';
  return { ...answer(appCode), ...currentVersionOf(cause) };
}

export function answer(appCode: AppCode): PublicError {
  const [code, message] = ANSWERS[appCode];
  return { code, appCode, message };
}

/** Every error class of ours has a stable `code`; the driver's and the platform's own are not among these. */
function appCodeOf(cause: unknown): AppCode | null {
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'string') return null;
  // Whatever keeps us from a key, being throttled by its service too: it is not the caller's doing.
  if (cause instanceof KeyProviderError) return 'unavailable';
  if ('constraint' in cause && cause.constraint === 'patients_mrn_unique') return 'mrn_taken';
  if (Object.hasOwn(ANSWERS, cause.code)) return cause.code as AppCode; // a key of the table, as just checked
  return RENAMED[cause.code] ?? null;
}

/** What an operator may be told of an error: its class, and what a key provider's or a log's says by its code. */
export function nameOf(thrown: unknown): string {
  const isCoded = thrown instanceof KeyProviderError || thrown instanceof LogError;
  if (isCoded) return `${thrown.name} ${thrown.code}`;
  return thrown instanceof Error ? thrown.name : 'unknown';
}

function currentVersionOf(cause: unknown): Pick<PublicError, 'currentVersion'> {
  if (!(cause instanceof Error) || !('currentVersion' in cause)) return {};
  return typeof cause.currentVersion === 'number' ? { currentVersion: cause.currentVersion } : {};
}

function fieldErrorOf({ path, code }: z.core.$ZodIssue): FieldError {
  return { path: path.map((step) => (typeof step === 'number' ? step : String(step))), code };
}

/** An error as it stands on the wire, from a procedure or from the transport before it. */
export function errorShape({ code, message, ...rest }: PublicError, requestId: string | null) {
  const httpStatus = getHTTPStatusCodeFromError(new TRPCError({ code }));
  return { code: TRPC_ERROR_CODES_BY_KEY[code], message, data: { code, httpStatus, requestId, ...rest } };
}
