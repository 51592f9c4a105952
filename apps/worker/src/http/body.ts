// The body of a call, read once and whole: small enough, in time, and UTF-8.
import type { AppCode } from '@salus/api';

const BYTES_AT_MOST = 1024 * 1024;
/** For the whole body, in milliseconds. */
const DEADLINE = 15_000;

/** JSON has no byte order mark (RFC 8259 §8.1): left in the text, where JSON.parse refuses it, and not dropped in silence. */
const STRICT = { fatal: true, ignoreBOM: true };
const decoder = new TextDecoder('utf-8', STRICT);

type Body = { readonly text: string } | { readonly refused: AppCode };

export async function bodyOf(request: Request): Promise<Body> {
  const { promise: late, resolve } = Promise.withResolvers<Body>();
  const timer = setTimeout(() => resolve({ refused: 'request_malformed' }), DEADLINE);
  try {
    return await Promise.race([read(request), late]);
  } catch {
    return { refused: 'request_malformed' };
  } finally {
    clearTimeout(timer);
  }
}

async function read(request: Request): Promise<Body> {
  const { headers } = request;
  // The server holds a body to the length that was announced. One without a length is counted as it comes.
  const announced = headers.has('transfer-encoding') ? null : headers.get('content-length');
  if (Number(announced) > BYTES_AT_MOST) return { refused: 'body_too_large' };
  const text = announced ? decoder.decode(await request.arrayBuffer()) : await counted(request);
  return text === null ? { refused: 'body_too_large' } : { text };
}

/** Null when it is too large. */
async function counted({ body }: Request): Promise<string | null> {
  const decoder = new TextDecoder('utf-8', STRICT);
  let size = 0;
  let text = '';
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > BYTES_AT_MOST) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
