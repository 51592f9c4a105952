// What the queue carries: one event a message, with the leaf's own content, so that a row that is changed between its commit
// and its consumption already shows.
import { type AuditRow, auditRow, leafOf } from '@salus/audit';
import { ENTRY_BYTES_AT_MOST } from '@salus/audit/log';
import * as z from 'zod';

const VERSION = 1;

export const auditMessage = z.strictObject({ v: z.literal(VERSION), row: auditRow });

export type AuditMessage = z.output<typeof auditMessage>;

/** Of UTF-8 that one UTF-16 code unit can take. */
const BYTES_A_UNIT = 3;

/** The message of a row. One that is too large for a leaf is already what its leaf will be. */
export async function messageOf(row: AuditRow): Promise<AuditMessage> {
  // A leaf is the same JSON in another order, and as long: most rows are known to fit without making theirs.
  if (BYTES_A_UNIT * JSON.stringify(row).length <= ENTRY_BYTES_AT_MOST) return { v: VERSION, row };
  const leaf: unknown = JSON.parse(new TextDecoder().decode(await leafOf(row)));
  return { v: VERSION, row: auditRow.parse(leaf) };
}
