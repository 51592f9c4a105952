// An access token that is obtained when it is needed and kept for as long as it lasts.
import { KeyProviderError } from '../errors.ts';
import { at, textAt } from './answer.ts';
import type { Outside } from './outside.ts';
import { codeOfStatus, type KeyServiceAnswer } from './request.ts';

/** A token that is about to end may have ended when it arrives. */
const SPARE = 60;
const DAY = 24 * 60 * 60;

export interface Token {
  readonly value: string;
  /** How long it lasts, in seconds. */
  readonly lasts: number;
}

/** Runs work with a token. @throws KeyProviderError */
export type WithToken = <T>(deadline: AbortSignal, work: (token: string) => Promise<T>) => Promise<T>;

export function givenToken(token: string): WithToken {
  return (_, work) => work(token);
}

/** @param obtain asks for a new token */
export function keptToken(outside: Outside, obtain: (deadline: AbortSignal) => Promise<Token>): WithToken {
  let kept: { readonly value: string; readonly until: number } | null = null;
  return async (deadline, work) => {
    if (kept && kept.until > outside.now()) {
      try {
        return await work(kept.value);
      } catch (error) {
        // It may have been revoked since: one that is new decides.
        if (!(error instanceof KeyProviderError && error.code === 'denied')) throw error;
      }
    }
    const { value, lasts } = await obtain(deadline);
    kept = { value, until: outside.now() + 1000 * (lasts - SPARE) };
    return work(value);
  };
}

/** The answer of an OAuth 2.0 token endpoint (RFC 6749 §5). @throws KeyProviderError */
export function accessTokenOf({ status, body }: KeyServiceAnswer): Token {
  if (status === 200) return { value: textAt(body, 'access_token'), lasts: lifetime(at(body, 'expires_in')) };
  const said = at(body, 'error');
  throw new KeyProviderError(
    said === 'invalid_grant' || said === 'invalid_client' || said === 'unauthorized_client'
      ? 'denied'
      : codeOfStatus(status),
  );
}

/** In seconds; what is no number lasts no time. */
export function lifetime(said: unknown): number {
  return typeof said === 'number' && said > 0 ? Math.min(said, DAY) : 0;
}
