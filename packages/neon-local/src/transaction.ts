// One request is one transaction. A batch is two round trips to Postgres: BEGIN with every statement pipelined, then
// COMMIT alone, because only between the two can it still be taken back: the client has gone, or the rows are too many.
import type { ClientBase } from 'pg';
import type { ArmedFaults } from './faults.ts';
import { runPipeline, type StatementResult } from './pipeline.ts';
import type { SqlRequest } from './request.ts';

/** The answer must not be sent: the client has gone, or a fault cuts its connection. */
export class ConnectionCut extends Error {
  readonly code = 'CONNECTION_CUT';
  constructor() {
    super('the connection to the client is cut');
    this.name = 'ConnectionCut';
  }
}

/** How many statements a request has for `Faults.cutBeforeStatement`: COMMIT is the last of a batch. */
function faultPoints(request: SqlRequest): number {
  return request.kind === 'single' ? 1 : request.statements.length + 1;
}

/**
 * Runs a request on an idle connection.
 * @param gone aborted when the client goes away: a batch that has not sent its COMMIT is then rolled back.
 * @returns one result a statement. When it throws, nothing of a batch is kept, but for a fault after COMMIT.
 */
export async function runTransaction(
  client: ClientBase,
  request: SqlRequest,
  armed: ArmedFaults,
  gone: AbortSignal,
): Promise<StatementResult[]> {
  const cutBefore = armed.takeCutBefore(faultPoints(request));
  const results = await (request.kind === 'single'
    ? runSingle(client, request, cutBefore)
    : runBatch(client, request, cutBefore, gone));
  if (armed.takeCutAfterCommit()) throw new ConnectionCut();
  return results;
}

async function runSingle(
  client: ClientBase,
  { statement }: Extract<SqlRequest, { kind: 'single' }>,
  cutBefore: number | undefined,
): Promise<StatementResult[]> {
  if (cutBefore !== undefined) throw new ConnectionCut();
  return runPipeline(client, [statement]);
}

async function runBatch(
  client: ClientBase,
  { statements, begin }: Extract<SqlRequest, { kind: 'batch' }>,
  cutBefore: number | undefined,
  gone: AbortSignal,
): Promise<StatementResult[]> {
  const reached = cutBefore === undefined ? statements : statements.slice(0, cutBefore - 1);
  try {
    const results = await runPipeline(client, [{ text: begin, parameters: [] }, ...reached]);
    if (cutBefore !== undefined || gone.aborted) throw new ConnectionCut();
    await client.query('COMMIT');
    return results.slice(1);
  } catch (error) {
    // Before the answer, so that whoever reads it finds the locks released. A broken connection has rolled back already.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
