// Access tokens whose signature was found good, for as long as the keys that verified them: the same bytes are checked once
// and not at every call, which was a tenth of a read. Nothing here says that a session is alive; the database does, each time.
import type { Session } from './session.ts';
import type { TokenKeys } from './signing-keys.ts';

interface Verified {
  readonly session: Session;
  /** Milliseconds since the epoch, of the clock that the token was checked by. */
  readonly at: number;
  /** When the token expires, tolerance aside. */
  readonly until: number;
}

const TOKENS_AT_MOST = 1000;

const byKeys = new WeakMap<TokenKeys, Map<string, Verified>>();

/** The session of a token that was verified before and has not expired since; otherwise null, and it is to be verified. */
export function sessionAtHand(keys: TokenKeys, issuer: string, token: string, now: number): Session | null {
  const verified = byKeys.get(keys)?.get(`${issuer} ${token}`);
  return verified && verified.at <= now && now < verified.until ? verified.session : null;
}

export function keepSession(keys: TokenKeys, issuer: string, token: string, verified: Verified): void {
  const tokens = byKeys.get(keys) ?? new Map<string, Verified>();
  byKeys.set(keys, tokens);
  tokens.set(`${issuer} ${token}`, verified);
  const [oldest] = tokens.keys();
  if (tokens.size > TOKENS_AT_MOST && oldest !== undefined) tokens.delete(oldest);
}
