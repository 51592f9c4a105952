// What leaves: results and errors in the JSON shapes that Neon's driver reads (sql_over_http.rs of neondatabase/neon).
import { DatabaseError } from 'pg';
import type { StatementResult } from './pipeline.ts';
import { RequestRefused, type SqlRequest, type Statement } from './request.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The upstream could not be reached, or closed the connection while it was being made. */
export class UpstreamUnreachable extends Error {
  readonly code = 'UPSTREAM_UNREACHABLE';
  constructor() {
    super("Couldn't connect to compute node");
    this.name = 'UpstreamUnreachable';
  }
}

/** The upstream refused the password. Neon checks it in its proxy: its own wording, no SQLSTATE. */
export class PasswordRefused extends Error {
  readonly code = 'PASSWORD_REFUSED';
  constructor(user: string) {
    super(`password authentication failed for user '${user}'`);
    this.name = 'PasswordRefused';
  }
}

/** The rows of one request exceed what Neon answers; in a batch, nothing is kept. */
export class ResponseTooLarge extends Error {
  readonly code = 'RESPONSE_TOO_LARGE';
  constructor(limit: number) {
    super(`response is too large (max is ${limit} bytes)`);
    this.name = 'ResponseTooLarge';
  }
}

/** Neon's answer when its control plane cannot wake or find a compute (REL-02). */
export const controlPlaneFailure: Answer = {
  status: 500,
  body: errorBody('Control plane request failed'),
};

/** The answer to a request whose statements all succeeded; `results` are in the order of the statements. */
export function resultAnswer(request: SqlRequest, results: readonly StatementResult[]): Answer {
  const statements = request.kind === 'single' ? [request.statement] : request.statements;
  const bodies = statements.map((statement, i) => {
    const result = results[i];
    if (result === undefined) throw new Error('fewer results than statements');
    return resultBody(statement, result);
  });
  return { status: 200, body: request.kind === 'single' ? bodies[0] : { results: bodies } };
}

function resultBody({ arrayMode }: Statement, { fields, rows, tag }: StatementResult) {
  const names = fields.map(({ name }) => name);
  return {
    fields,
    rows: arrayMode ? rows : rows.map((row) => Object.fromEntries(row.map((text, i) => [names[i], text]))),
    ...parseTag(tag),
    rowAsArray: arrayMode,
  };
}

/** `INSERT 0 3` counts after the OID, other commands after their first word, and some (`BEGIN`) not at all. */
function parseTag(tag: string): { command: string; rowCount: number | null } {
  const [command = '', ...rest] = tag.split(' ');
  const count = command === 'INSERT' ? rest[1] : rest.length === 1 ? rest[0] : undefined;
  return { command, rowCount: count !== undefined && /^\d+$/.test(count) ? Number(count) : null };
}

/** The answer to a request that failed: 400 for what the caller can mend, 500 when there is no database. */
export function errorAnswer(error: unknown): Answer {
  if (error instanceof RequestRefused) return { status: error.status, body: errorBody(error.message) };
  if (error instanceof PasswordRefused) return { status: 400, body: errorBody(error.message) };
  if (error instanceof UpstreamUnreachable) return { status: 500, body: errorBody(error.message) };
  if (error instanceof ResponseTooLarge) return { status: 507, body: errorBody(error.message) };
  if (error instanceof DatabaseError) return { status: 400, body: errorBody(error.message, error) };
  // What is left is a connection that broke under a running statement.
  return { status: 400, body: errorBody('connection closed') };
}

function errorBody(message: string, error?: DatabaseError) {
  return {
    message,
    // An empty string, not null: what Neon sends for an error that is not the database's.
    code: error?.code ?? '',
    severity: error?.severity ?? '',
    detail: error?.detail ?? null,
    hint: error?.hint ?? null,
    position: error?.position ?? null,
    internalPosition: error?.internalPosition ?? null,
    internalQuery: error?.internalQuery ?? null,
    where: error?.where ?? null,
    schema: error?.schema ?? null,
    table: error?.table ?? null,
    column: error?.column ?? null,
    dataType: error?.dataType ?? null,
    constraint: error?.constraint ?? null,
    file: error?.file ?? null,
    line: error?.line ?? null,
    routine: error?.routine ?? null,
  };
}
