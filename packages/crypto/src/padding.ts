// Hides how long a value is. A sealed value is as long as its bucket: the next of 32, 64, 128, 256, 512 and 1,024 bytes,
// then whole kilobytes. Thus a name of three letters and one of twenty look alike. The first four bytes say the length.
import { type Bytes, readUint32, view, writeUint32 } from './bytes.ts';
import { IntegrityError } from './errors.ts';

const LENGTH_BYTES = 4;
const SMALLEST = 32;
const KILOBYTE = 1024;

export function pad(value: Bytes): Bytes {
  const padded = new Uint8Array(bucketFor(LENGTH_BYTES + value.length));
  writeUint32(value.length, padded, 0);
  padded.set(value, LENGTH_BYTES);
  return padded;
}

/** @throws IntegrityError when the bytes are not what `pad` makes */
export function unpad(padded: Bytes): Bytes {
  if (padded.length < SMALLEST) throw new IntegrityError();
  const end = LENGTH_BYTES + readUint32(padded, 0);
  if (bucketFor(end) !== padded.length) throw new IntegrityError();
  for (let at = end; at < padded.length; at++) if (padded[at] !== 0) throw new IntegrityError();
  return view(padded, LENGTH_BYTES, end);
}

function bucketFor(length: number): number {
  if (length > KILOBYTE) return Math.ceil(length / KILOBYTE) * KILOBYTE;
  let bucket = SMALLEST;
  while (bucket < length) bucket *= 2;
  return bucket;
}
