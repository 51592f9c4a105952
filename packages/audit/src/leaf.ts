// What the log holds of an event: the canonical JSON (RFC 8785) of its stored row. The same row always makes the same bytes,
// so that whoever has the row can find its leaf, and whoever changed the row cannot.
import canonicalize from 'canonicalize';
import { encodeBase64 } from './log/base64.ts';
import { ENTRY_BYTES_AT_MOST } from './log/bundle.ts';
import { type Bytes, utf8 } from './log/bytes.ts';
import type { AuditRow } from './row.ts';

/**
 * The leaf of a row: UTF-8, at most 65,535 bytes. Where the row is larger its `changes` are replaced by their SHA-256,
 * over their canonical JSON: `{"sha256":"<Base 64>"}`.
 * @throws RangeError when it is too large even so; the repositories write no such row
 */
export async function leafOf(row: AuditRow): Promise<Bytes> {
  const leaf = canonical(row);
  if (leaf.length <= ENTRY_BYTES_AT_MOST) return leaf;
  const small = canonical(await withoutChanges(row));
  if (small.length > ENTRY_BYTES_AT_MOST) throw new RangeError('an event is too large for the log');
  return small;
}

async function withoutChanges(row: AuditRow): Promise<AuditRow> {
  const hash = await crypto.subtle.digest('SHA-256', canonical(row.changes));
  return { ...row, changes: { sha256: encodeBase64(new Uint8Array(hash)) } };
}

function canonical(value: unknown): Bytes {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('not JSON');
  return utf8(text);
}
