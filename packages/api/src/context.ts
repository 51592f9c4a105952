// What a request brings and what the isolate lends it. One context serves every call of a batch, so nothing in here
// belongs to a single call: session and grant are handed on by the procedures.
import type { TileMemory } from '@salus/audit/log';
import type { Argon2id, TokenKeys } from '@salus/auth';
import type { Call, ReportFiles } from '@salus/db';

/** What lives as long as the isolate. */
export interface Services {
  readonly argon2id: () => Promise<Argon2id>;
  readonly tokenKeys: TokenKeys;
  /** `iss` of every access token: the URL of this deployment. */
  readonly issuer: string;
  /** Where reports lie, sealed. */
  readonly reportFiles: ReportFiles;
  /** The log of an organization and year, as it is published. */
  readonly publishedLog: (organizationId: string, year: number) => Promise<PublishedLog>;
}

export interface PublishedLog {
  /** The present one first; another, while the log changes its key. */
  readonly verifierKeys: readonly string[];
  /** A file of the log, by its path below the log's prefix; null when there is none. */
  read(path: string): Promise<Uint8Array | null>;
  /** What is at hand of it from proofs before. */
  readonly memory: TileMemory;
}

export interface Context {
  readonly services: Services;
  readonly call: Call;
  /** The header `authorization`. */
  readonly authorization: string | null;
  /** The header `purpose-of-use`. */
  readonly purposeOfUse: string | null;
  /** Tells the operator what went wrong, by codes and names alone: nothing that a caller or a record said. */
  report(problem: Problem): void;
}

export interface Problem {
  readonly code: string;
  /** Class of the error. */
  readonly error: string;
}
