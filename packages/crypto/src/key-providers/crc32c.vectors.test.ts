// CRC-32C as published: RFC 3720, Appendix B.4, whose values are written with their lowest byte first, and the check value of
// the catalogue of parametrised CRC algorithms.
import { expect, it } from 'vitest';
import { utf8 } from '../bytes.ts';
import { fromHex } from '../encoding.ts';
import { crc32c } from './crc32c.ts';

const count = Uint8Array.from({ length: 32 }, (_, at) => at);

it.each([
  ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['32 incrementing bytes', count, 0x46dd794e],
  ['32 decrementing bytes', count.toReversed(), 0x113fdb5c],
  [
    'an iSCSI read command',
    fromHex(
      '01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000',
    ),
    0xd9963a56,
  ],
  ['the nine digits', utf8('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(), 0],
])('%s', (_, bytes, checksum) => {
  expect(crc32c(bytes)).toBe(checksum);
});
