// Where a sealed value lies, and the additional data that binds it there: domain, header, then organization, table, column
// and row, each after its length, so that no two places have the same bytes.
import {
  type Bytes,
  concat,
  lengthPrefixed,
  lengthPrefixedRoom,
  utf8,
  view,
  writeLengthPrefixed,
} from './bytes.ts';

/** Where a value lies. It opens nowhere else. */
export interface Place {
  readonly organization: string;
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

/** Bytes that a sealed value begins with, in the clear: what says how it was sealed. */
export const HEADER_BYTES = 5;

const DOMAIN = utf8('salus/sealed/v1');

/** What the fields of one row have in common: they are opened one after the other, and only the column is another. */
interface Row {
  readonly organization: string;
  readonly table: string;
  readonly row: string;
  /** What goes before the column, with room for the header. */
  readonly before: Bytes;
  readonly after: Bytes;
}

// Every opening of a field needs some hundred bytes here, and to allocate them would cost more than to write them: they are
// cut from one longer array instead. No part of it is written twice, and nothing secret goes into it.
const SHEET_BYTES = 8192;
let sheet: Bytes = new Uint8Array(SHEET_BYTES);
let used = 0;
let last = rowOf({ organization: '', table: '', column: '', row: '' });

/** @param sealed what begins with the header, so that a value cannot be relabelled either */
export function additionalData(sealed: Bytes, place: Place): Bytes {
  const { organization, table, column, row } = place;
  if (row !== last.row || organization !== last.organization || table !== last.table) last = rowOf(place);
  const { before, after } = last;
  const room = before.length + lengthPrefixedRoom(column) + after.length;
  if (used + room > sheet.length) {
    sheet = new Uint8Array(Math.max(SHEET_BYTES, room));
    used = 0;
  }
  const start = used;
  sheet.set(before, start);
  for (let at = 0; at < HEADER_BYTES; at++) sheet[start + DOMAIN.length + at] = sealed[at] ?? 0;
  const end = writeLengthPrefixed(column, sheet, start + before.length);
  sheet.set(after, end);
  used = end + after.length;
  return view(sheet, start, used);
}

function rowOf({ organization, table, row }: Place): Row {
  const before = concat(DOMAIN, new Uint8Array(HEADER_BYTES), lengthPrefixed([organization, table]));
  return { organization, table, row, before, after: lengthPrefixed([row]) };
}
