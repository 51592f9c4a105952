// Where a sealed value lies, and the additional data that binds it there: domain, header, then organization, table, column
// and row, each after its length, so that no two places have the same bytes.
import { type Bytes, lengthPrefixedRoom, utf8, writeLengthPrefixed } from './bytes.ts';

/** Where a value lies. It opens nowhere else. */
export interface Place {
  readonly organization: string;
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

const DOMAIN = utf8('salus/sealed/v1');

// Every opening of a field needs some hundred bytes here, and to allocate them would cost more than to write them: they are
// cut from one longer array instead. No part of it is written twice, and nothing secret goes into it.
const SHEET_BYTES = 8192;
let sheet: Bytes = new Uint8Array(SHEET_BYTES);
let used = 0;

/** @param header of the sealed value, so that it cannot be relabelled either */
export function additionalData(header: Bytes, { organization, table, column, row }: Place): Bytes {
  const parts = [organization, table, column, row];
  const room = DOMAIN.length + header.length + lengthPrefixedRoom(parts);
  if (used + room > sheet.length) {
    sheet = new Uint8Array(Math.max(SHEET_BYTES, room));
    used = 0;
  }
  const start = used;
  sheet.set(DOMAIN, start);
  sheet.set(header, start + DOMAIN.length);
  used = writeLengthPrefixed(parts, sheet, start + DOMAIN.length + header.length);
  return sheet.subarray(start, used);
}
