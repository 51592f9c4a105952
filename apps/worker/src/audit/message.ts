// What the queue carries: one event a message, with the leaf's own content, so that a row that is changed between its commit
// and its consumption already shows.
import { type AuditRow, auditRow, leafOf } from '@salus/audit';
import { ENTRY_BYTES_AT_MOST } from '@salus/audit/log';
import * as z from 'zod';

const VERSION = 1;

export const auditMessage = z.strictObject({ v: z.literal(VERSION), row: auditRow });

export type AuditMessage = z.output<typeof auditMessage>;

export interface SizedMessage {
  readonly message: AuditMessage;
  /** What it takes as JSON, in UTF-8. */
  readonly bytes: number;
}

/** What a message has beside its row, in bytes: `{"v":1,"row":` and `}`. */
const AROUND = 14;

const encoder = new TextEncoder();

/** The message of a row. One that is too large for a leaf is already what its leaf will be. */
export async function messageOf(row: AuditRow): Promise<SizedMessage> {
  // A leaf is the same JSON in another order, and as long: most rows are known to fit without making theirs.
  const { length } = encoder.encode(JSON.stringify(row));
  if (length <= ENTRY_BYTES_AT_MOST) return { message: { v: VERSION, row }, bytes: length + AROUND };
  const leaf = await leafOf(row);
  const small = auditRow.parse(JSON.parse(new TextDecoder().decode(leaf)));
  return { message: { v: VERSION, row: small }, bytes: leaf.length + AROUND };
}
