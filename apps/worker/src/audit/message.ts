// What the queue carries: one event a message, with the leaf's own content, so that a row that is changed between its commit
// and its consumption already shows.
import { type AuditRow, auditRow, leafOf } from '@salus/audit';
import { z } from 'zod';

const VERSION = 1;

export const auditMessage = z.strictObject({ v: z.literal(VERSION), row: auditRow });

export type AuditMessage = z.output<typeof auditMessage>;

/** The message of a row. One that is too large for a leaf is already what its leaf will be. */
export async function messageOf(row: AuditRow): Promise<AuditMessage> {
  const leaf: unknown = JSON.parse(new TextDecoder().decode(await leafOf(row)));
  return { v: VERSION, row: auditRow.parse(leaf) };
}
