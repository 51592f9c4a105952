// HMAC-SHA-256 by RFC 4231 §4.2 to §4.8. Of case 5 the RFC gives the first 128 bits alone.
import { expect, it } from 'vitest';
import { utf8 } from './bytes.ts';
import { fromHex, toHex } from './encoding.ts';
import { hmacSha256 } from './primitives.ts';

it.each([
  {
    name: 'case 1',
    key: '0b'.repeat(20),
    data: utf8('Hi There'),
    mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  {
    name: 'case 2: a short key',
    key: '4a656665',
    data: utf8('what do ya want for nothing?'),
    mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
  {
    name: 'case 3',
    key: 'aa'.repeat(20),
    data: fromHex('dd'.repeat(50)),
    mac: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  },
  {
    name: 'case 4',
    key: '0102030405060708090a0b0c0d0e0f10111213141516171819',
    data: fromHex('cd'.repeat(50)),
    mac: '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  },
  {
    name: 'case 5: truncated',
    key: '0c'.repeat(20),
    data: utf8('Test With Truncation'),
    mac: 'a3b6167473100ee06e0c796c2955552b',
  },
  {
    name: 'case 6: a key longer than a block',
    key: 'aa'.repeat(131),
    data: utf8('Test Using Larger Than Block-Size Key - Hash Key First'),
    mac: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  },
  {
    name: 'case 7: key and data longer than a block',
    key: 'aa'.repeat(131),
    data: utf8(
      'This is a test using a larger than block-size key and a larger than block-size data. ' +
        'The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    mac: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  },
])('CRY-14: HMAC-SHA-256, RFC 4231 $name', async ({ key, data, mac }) => {
  expect(toHex(await hmacSha256(fromHex(key), data)).slice(0, mac.length)).toBe(mac);
});
