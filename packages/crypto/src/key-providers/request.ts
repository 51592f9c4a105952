// One call of a key service. It ends by its deadline whatever the service does, is tried again when that may help (with full
// jitter, so that isolates do not come back all at once), follows no redirect, and reads a bounded answer. An error says
// by a code what is wrong, and never what was sent or answered.
import { KeyProviderError, type KeyProviderErrorCode } from '../errors.ts';
import type { Outside } from './outside.ts';
import type { SecureUrl } from './secure-url.ts';

/** How long wrapping or unwrapping one key may take in all, in milliseconds. */
export const CALL_AT_MOST = 5000;
const ATTEMPTS = 4;
const ATTEMPT_AT_MOST = 2000;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 1000;
/** An answer holds one wrapped key and some words around it. */
const ANSWER_AT_MOST = 64 * 1024;

export interface KeyServiceRequest {
  readonly url: SecureUrl | `${SecureUrl}/${string}`;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface KeyServiceAnswer {
  readonly status: number;
  /** What the JSON says; null when it is none. */
  readonly body: unknown;
}

/**
 * @param request makes the request anew for each attempt: a signature has a date
 * @param read takes the result out of an answer, or throws a KeyProviderError that says whether to try again
 * @throws KeyProviderError
 */
export async function callKeyService<T>(
  outside: Outside,
  deadline: AbortSignal,
  request: () => KeyServiceRequest | Promise<KeyServiceRequest>,
  read: (answer: KeyServiceAnswer) => T,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return read(await send(outside, deadline, await request()));
    } catch (error) {
      const again = error instanceof KeyProviderError && error.retry;
      if (!again || attempt === ATTEMPTS || deadline.aborted) throw error;
      await outside.sleep(outside.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)));
      if (deadline.aborted) throw error;
    }
  }
}

/** What a status says by itself, when the body of the answer says nothing more. */
export function codeOfStatus(status: number): KeyProviderErrorCode {
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'denied';
  // A success that is not understood came from something else than the service.
  return status >= 500 || (status >= 200 && status < 300) ? 'unavailable' : 'misconfigured';
}

async function send(
  outside: Outside,
  deadline: AbortSignal,
  { url, headers, body }: KeyServiceRequest,
): Promise<KeyServiceAnswer> {
  const signal = AbortSignal.any([deadline, outside.deadline(ATTEMPT_AT_MOST)]);
  try {
    // A redirect is an answer like any other: what was sent here is for nobody else.
    const response = await outside.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    return { status: response.status, body: jsonOf(await readBody(response, signal)) };
  } catch {
    throw new KeyProviderError('unavailable');
  }
}

/** @throws when the answer is too long, or does not end in time */
async function readBody({ body }: Response, signal: AbortSignal): Promise<string> {
  if (!body) return '';
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel);
  try {
    const decoder = new TextDecoder();
    let text = '';
    for (let bytes = 0; ; ) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return text + decoder.decode();
      bytes += value.length;
      if (bytes > ANSWER_AT_MOST) throw new KeyProviderError('unavailable');
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
