// Entry bundles (c2sp.org/tlog-tiles): up to 256 entries, each after its length in two bytes.
import { type Bytes, joinBytes } from './bytes.ts';
import { LogError } from './errors.ts';
import { TILE_WIDTH } from './tile.ts';

/** The largest entry: its length stands in two bytes. */
export const ENTRY_BYTES_AT_MOST = 65_535;

/** No file of a log is larger than a bundle of the largest entries. */
export const FILE_BYTES_AT_MOST = TILE_WIDTH * (2 + ENTRY_BYTES_AT_MOST);

/** @throws LogError `entry_too_large` */
export function encodeBundle(entries: readonly Uint8Array[]): Bytes {
  return joinBytes(
    entries.flatMap((entry) => {
      if (entry.length > ENTRY_BYTES_AT_MOST) throw new LogError('entry_too_large');
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** @throws LogError `bundle_malformed` when it does not hold exactly `width` entries */
export function decodeBundle(bundle: Uint8Array, width: number): Uint8Array[] {
  const { entries, end } = wholeEntries(bundle, width);
  if (entries.length !== width || end !== bundle.length) throw new LogError('bundle_malformed');
  return entries;
}

/** The entries at the beginning of a bundle, up to the first that is not whole, and where they end. */
export function wholeEntries(bundle: Uint8Array, width: number): { entries: Uint8Array[]; end: number } {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= bundle.length && entries.length < width) {
    const end = at + 2 + view.getUint16(at);
    if (end > bundle.length) break;
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return { entries, end: at };
}
