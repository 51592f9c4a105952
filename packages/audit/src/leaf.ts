// What the log holds of an event: the canonical JSON (RFC 8785) of its stored row. The same row always makes the same bytes,
// so that whoever has the row can find its leaf, and whoever changed the row cannot.
import canonicalize from 'canonicalize';
import { encodeBase64 } from './log/base64.ts';
import { ENTRY_BYTES_AT_MOST } from './log/bundle.ts';
import { type Bytes, sameBytes, utf8 } from './log/bytes.ts';
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

/**
 * Whether a stored row is what its leaf says. A leaf may hold the hash of `changes`; the row that it is of holds them in full.
 * Without that, somebody could replace a row's before and after values by their hash, and its leaf would be the same.
 */
export async function isLeafOf(leaf: Uint8Array, row: AuditRow): Promise<boolean> {
  if (isHash(row.changes)) return false;
  try {
    return sameBytes(await leafOf(row), leaf);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const BASE64_OF_SHA256 = /^[A-Za-z0-9+/]{43}=$/;

/** What stands in a leaf for `changes` that are too large for it. Changes of a record are by field, and none has this form. */
function isHash(changes: AuditRow['changes']): boolean {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) return false;
  const [[name, value] = [], ...others] = Object.entries(changes);
  return (
    name === 'sha256' && typeof value === 'string' && BASE64_OF_SHA256.test(value) && others.length === 0
  );
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
