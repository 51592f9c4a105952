// One request out, and of its answer the status and for how long it asks for patience. Nothing of a body is read, so that none can
// be too long, too slow or end up in a log; no redirect is followed, because it would go where nobody has looked.
import { OutgoingError } from './errors.ts';

export interface Parcel {
  /** From `destinationOf`. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Longest time until the answer begins, in milliseconds. */
  readonly timeout: number;
}

/** Delivers, when the answer is 2xx. @throws OutgoingError when it is not, or there is none */
export async function post({ url, headers, body, timeout }: Parcel): Promise<void> {
  const { status, headers: answered } = await answerTo(
    new Request(url, {
      method: 'POST',
      headers: { ...headers, 'user-agent': 'salus' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    }),
  );
  if (status >= 200 && status < 300) return;
  // To a browser-like runtime a redirect that is not followed has the status 0.
  if (status === 0 || (status >= 300 && status < 400)) throw new OutgoingError('redirected');
  const code = status >= 400 && status < 500 ? 'refused' : 'failed';
  throw new OutgoingError(code, patienceOf(answered.get('retry-after') ?? '', Date.now()));
}

const LONGEST_PATIENCE = 60 * 60_000;

/**
 * Milliseconds of a Retry-After (RFC 9110 §10.2.3), which has seconds or a time: an hour at most, so that nobody outside can keep
 * us away. What is neither is 0.
 * @param now milliseconds since the epoch
 */
export function patienceOf(retryAfter: string, now: number): number {
  const asked = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now;
  return Number.isNaN(asked) ? 0 : Math.min(Math.max(asked, 0), LONGEST_PATIENCE);
}

async function answerTo(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    await response.body?.cancel();
    return response;
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    throw new OutgoingError(late ? 'timed_out' : 'unreachable');
  }
}
