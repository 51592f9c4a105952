// Several statements in one write and one wait: PostgreSQL's extended query protocol with a single Sync at the end
// (PostgreSQL documentation, "Pipelining"). After an error the server skips to the Sync, so nothing behind it runs.
// Parameters and results are in text format; types are inferred by the server each time, so nothing is cached.
import type { ClientBase, Connection, FieldDef, Submittable } from 'pg';
import { ResponseTooLarge } from './answer.ts';
import { MAX_BYTES, RequestRefused } from './request.ts';

export interface PipelineStatement {
  readonly text: string;
  readonly parameters: readonly (string | null)[];
}

export interface StatementResult {
  readonly fields: readonly FieldDef[];
  /** Postgres text of each value. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** The command tag, such as `INSERT 0 3`; empty for an empty statement. */
  readonly tag: string;
}

/** pg 8's connection. Its published types describe the signatures of pg 7. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void; destroy(): void };
  parse(statement: { name: string; text: string; types: string[] }): void;
  bind(values: { values: readonly (string | null)[] }): void;
  describe(target: { type: 'P'; name: string }): void;
  execute(): void;
  sync(): void;
}

/**
 * Runs the statements on a connection that is idle or in a transaction, in one round trip.
 * @returns one result a statement, in order.
 * @throws pg's DatabaseError of the first statement that failed; ResponseTooLarge when all have run but the rows
 * exceed Neon's bound, so that a caller in a transaction can still roll back.
 */
export function runPipeline(
  client: ClientBase,
  statements: readonly PipelineStatement[],
): Promise<StatementResult[]> {
  return new Promise((resolve, reject) => {
    const results: StatementResult[] = [];
    let fields: readonly FieldDef[] = [];
    let rows: (string | null)[][] = [];
    let bytes = 0;
    const complete = (tag: string) => {
      results.push({ fields, rows, tag });
      fields = [];
      rows = [];
    };
    const pipeline: Submittable & Record<string, unknown> = {
      submit(connection: Connection) {
        // Boundary: see Wire.
        send(connection as unknown as Wire, statements);
      },
      handleRowDescription(message: { fields: readonly FieldDef[] }) {
        fields = message.fields.map((field) => ({
          name: field.name,
          dataTypeID: field.dataTypeID,
          tableID: field.tableID,
          columnID: field.columnID,
          dataTypeSize: field.dataTypeSize,
          dataTypeModifier: field.dataTypeModifier,
          format: 'text',
        }));
      },
      handleDataRow(message: { fields: (string | null)[] }) {
        for (const text of message.fields) bytes += (text?.length ?? 4) + 3;
        // What cannot be answered is not kept in memory either.
        if (bytes <= MAX_BYTES) rows.push(message.fields);
      },
      handleCommandComplete(message: { text: string }) {
        complete(message.text);
      },
      handleEmptyQuery() {
        complete('');
      },
      handleCopyInResponse(connection: unknown) {
        // There is no way to send rows over Neon's protocol. The server now takes everything for rows, our Sync included,
        // so the connection is of no more use. Boundary: see Wire.
        (connection as Wire).stream.destroy();
        reject(new RequestRefused(400, 'COPY FROM STDIN is not supported over HTTP'));
      },
      handleCopyData() {},
      handlePortalSuspended() {},
      handleError: reject,
      handleReadyForQuery() {
        if (bytes > MAX_BYTES) reject(new ResponseTooLarge(MAX_BYTES));
        else resolve(results);
      },
    };
    client.query(pipeline);
  });
}

function send(wire: Wire, statements: readonly PipelineStatement[]): void {
  // Corked: one segment on the wire for the whole pipeline.
  wire.stream.cork();
  for (const { text, parameters } of statements) {
    wire.parse({ name: '', text, types: [] });
    wire.bind({ values: parameters });
    wire.describe({ type: 'P', name: '' });
    wire.execute();
  }
  wire.sync();
  wire.stream.uncork();
}
