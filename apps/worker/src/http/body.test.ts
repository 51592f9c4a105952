// Of a length beside a transfer coding, our server tells nobody (RFC 9112 §6.3). Were another to, it would not be believed.
import { expect, it } from 'vitest';
import { bodyOf } from './body.ts';

const LIMIT = 1024 * 1024;

const chunked = (bytes: number, length: number) =>
  new Request('http://localhost/trpc/patients.list', {
    method: 'POST',
    headers: { 'transfer-encoding': 'chunked', 'content-length': String(length) },
    body: new Uint8Array(bytes).fill(0x20),
  });

it('API-15: a body in chunks is counted, whatever length stands beside them', async () => {
  expect(await bodyOf(chunked(LIMIT + 1, 2))).toEqual({ refused: 'body_too_large' });
  expect(await bodyOf(chunked(3, 2 * LIMIT))).toEqual({ text: '   ' });
});
