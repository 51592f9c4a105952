// RFC 6238, Appendix B, the SHA-256 rows, by the package's own HMAC: the counter of §4.2, the truncation of RFC 4226 §5.3.
import { expect, it } from 'vitest';
import { utf8 } from './bytes.ts';
import { hmacSha256 } from './primitives.ts';

/** 32 bytes, as the reference implementation of the RFC has them for SHA-256. */
const SECRET = utf8('12345678901234567890123456789012');

it.each([
  [59, '46119246'],
  [1_111_111_109, '68084774'],
  [1_111_111_111, '67062674'],
  [1_234_567_890, '91819424'],
  [2_000_000_000, '90698825'],
  [20_000_000_000, '77737706'],
])('CRY-14: RFC 6238 with SHA-256: at %i seconds the code is %s', async (seconds, code) => {
  const counter = new Uint8Array(8);
  new DataView(counter.buffer).setBigUint64(0, BigInt(Math.floor(seconds / 30)));
  const mac = await hmacSha256(SECRET, counter);
  const offset = (mac.at(-1) ?? 0) & 0xf;
  const truncated = new DataView(mac.buffer, mac.byteOffset).getUint32(offset) & 0x7fffffff;
  expect(String(truncated % 10 ** 8).padStart(8, '0')).toBe(code);
});
