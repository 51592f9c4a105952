// PostgreSQL's bytea on the wire of Neon's HTTP driver: hexadecimal text both ways, without Node's Buffer.
import { type Bytes, fromHex, toHex } from '@salus/crypto';
import { type SQL, sql } from 'drizzle-orm';
import { customType } from 'drizzle-orm/pg-core';

export const bytea = customType<{ data: Bytes; driverData: string }>({
  dataType: () => 'bytea',
  toDriver: (bytes) => `\\x${toHex(bytes)}`,
  fromDriver: (text) => bytesOf(text),
});

/** A parameter of type bytea in hand-written SQL. */
export function byteaParameter(bytes: Bytes | null): SQL {
  return sql`${bytes === null ? null : `\\x${toHex(bytes)}`}::bytea`;
}

/** Reads `\x…`, which is how a bytea column arrives when it was selected `::text`. */
export function bytesOf(value: unknown): Bytes {
  if (typeof value !== 'string' || !value.startsWith('\\x'))
    throw new TypeError('not a bytea in hexadecimal');
  return fromHex(value.slice(2));
}
