// What arrives: Neon's headers and JSON body, parsed into one shape, or refused with the status that Neon answers.
// Follows proxy/src/serverless/{sql_over_http,json}.rs of neondatabase/neon. No message repeats what was received.
import type { IncomingHttpHeaders } from 'node:http';

/** Neon's own bound on a request and on a response, in bytes. */
export const MAX_BYTES = 64 * 1024 * 1024;

/** Bind counts parameters in 16 bits (PostgreSQL protocol, "Bind"). */
const MAX_PARAMETERS = 65_535;

/** A request that never reaches the database. `status` is the HTTP status of the answer. */
export class RequestRefused extends Error {
  readonly code = 'REQUEST_REFUSED';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'RequestRefused';
    this.status = status;
  }
}

/** Who connects to what; the host of the connection string is not used, the upstream stands for it. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly applicationName: string | undefined;
}

export interface Statement {
  readonly text: string;
  /** Postgres text format; null is SQL NULL. */
  readonly parameters: readonly (string | null)[];
  /** Rows as arrays, otherwise as objects keyed by column name. */
  readonly arrayMode: boolean;
}

/** A batch is one transaction, opened by `begin`; a single statement is its own. */
export type SqlRequest =
  | { readonly kind: 'single'; readonly statement: Statement }
  | { readonly kind: 'batch'; readonly statements: readonly Statement[]; readonly begin: string };

const ISOLATION_LEVELS = new Map([
  ['ReadUncommitted', 'READ UNCOMMITTED'],
  ['ReadCommitted', 'READ COMMITTED'],
  ['RepeatableRead', 'REPEATABLE READ'],
  ['Serializable', 'SERIALIZABLE'],
]);

/** The credentials in `Neon-Connection-String`. @throws RequestRefused when a part that Neon needs is missing. */
export function parseCredentials(headers: IncomingHttpHeaders): Credentials {
  if (headers.authorization !== undefined) {
    throw new RequestRefused(400, 'JWT authentication is not supported by neon-local');
  }
  const header = headers['neon-connection-string'];
  if (typeof header !== 'string') throw new RequestRefused(400, 'missing Neon-Connection-String header');
  const { url, user, password, database } = splitConnectionString(header);
  if (url.protocol !== 'postgresql:' && url.protocol !== 'postgres:') {
    throw new RequestRefused(400, 'invalid scheme in the connection string');
  }
  // An empty password is refused, as on Neon: pg would fall back to PGPASSWORD and ~/.pgpass of this machine.
  for (const [name, value] of Object.entries({ user, password, database })) {
    if (value === '') throw new RequestRefused(400, `missing ${name} in the connection string`);
    if (value.includes('\0')) throw new RequestRefused(400, `invalid ${name} in the connection string`);
  }
  const applicationName = url.searchParams.get('application_name') ?? undefined;
  return { user, password, database, applicationName };
}

function splitConnectionString(text: string) {
  try {
    const url = new URL(text);
    return {
      url,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)),
    };
  } catch {
    throw new RequestRefused(400, 'invalid Neon-Connection-String header');
  }
}

/** The statements of a body and the transaction they ask for. @throws RequestRefused on anything else. */
export function parseSqlRequest(headers: IncomingHttpHeaders, body: string): SqlRequest {
  // The driver asks for nothing else; parsed output would be a second, untested, way to write every type.
  if (headers['neon-raw-text-output'] !== 'true') {
    throw new RequestRefused(400, 'neon-local answers only requests with Neon-Raw-Text-Output: true');
  }
  const arrayMode = headers['neon-array-mode'] === 'true';
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new RequestRefused(400, 'could not parse the HTTP request body: malformed JSON');
  }
  if (!isObject(parsed)) throw new RequestRefused(400, 'the HTTP request body must be a JSON object');
  if ('query' in parsed) return { kind: 'single', statement: parseStatement(parsed, arrayMode) };
  if (!Array.isArray(parsed.queries)) {
    throw new RequestRefused(400, 'the HTTP request body has neither "query" nor a list "queries"');
  }
  const statements = parsed.queries.map((query: unknown) => parseStatement(query, arrayMode));
  return { kind: 'batch', statements, begin: parseBegin(headers) };
}

function parseBegin(headers: IncomingHttpHeaders): string {
  const level = headers['neon-batch-isolation-level'];
  const words = ['BEGIN'];
  if (level !== undefined) {
    const sql = typeof level === 'string' ? ISOLATION_LEVELS.get(level) : undefined;
    if (sql === undefined) throw new RequestRefused(400, 'invalid isolation level');
    words.push('ISOLATION LEVEL', sql);
  }
  if (headers['neon-batch-read-only'] === 'true') words.push('READ ONLY');
  if (headers['neon-batch-deferrable'] === 'true') words.push('DEFERRABLE');
  return words.join(' ');
}

function parseStatement(query: unknown, defaultArrayMode: boolean): Statement {
  if (!isObject(query)) throw new RequestRefused(400, 'a query must be a JSON object');
  const { query: text, params = [], arrayMode } = query;
  if (typeof text !== 'string') throw new RequestRefused(400, '"query" must be a string');
  // A zero byte would end the string early inside the Parse message and shift everything after it.
  if (text.includes('\0')) throw new RequestRefused(400, '"query" must not contain a zero byte');
  if (!Array.isArray(params)) throw new RequestRefused(400, '"params" must be a list');
  if (params.length > MAX_PARAMETERS) {
    throw new RequestRefused(400, `a query takes at most ${MAX_PARAMETERS} parameters`);
  }
  const parameters = params.map(parameterText);
  for (const string of [text, ...parameters]) {
    if (string?.isWellFormed() === false) throw new RequestRefused(400, 'lone surrogate in a JSON string');
  }
  return { text, parameters, arrayMode: typeof arrayMode === 'boolean' ? arrayMode : defaultArrayMode };
}

/** JSON to Postgres text, as Neon's proxy does it. The driver itself sends only strings and null. */
function parameterText(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  return Array.isArray(value) ? arrayText(value) : JSON.stringify(value);
}

function arrayText(elements: readonly unknown[]): string {
  const texts = elements.map((element) => {
    if (element === null) return 'NULL';
    if (Array.isArray(element)) return arrayText(element);
    // Text and objects are quoted and escaped: inside an array literal, JSON's own escapes of " and \ are Postgres's.
    return JSON.stringify(typeof element === 'object' ? JSON.stringify(element) : element);
  });
  return `{${texts.join(',')}}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
