// The tokens of a signed-in user. They are exchanged shortly before the access token ends; calls that find it ended at the
// same time wait for one and the same exchange.
import { SalusError } from './errors.ts';

export interface Tokens {
  readonly accessToken: string;
  /** Good for one exchange. */
  readonly refreshToken: string;
  /** When the access token ends, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface SessionOptions {
  /** Tokens that were kept from an earlier session. */
  readonly tokens?: Tokens | undefined;
  /** Told of every change, to keep the tokens somewhere safe; null when the session is over. */
  readonly onTokens?: ((tokens: Tokens | null) => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly exchange: (refreshToken: string) => Promise<Tokens>;
}

export interface Session {
  /** A token that is good for a while. @throws SalusError `signed_out`, `session_ended`, `network` */
  accessToken(): Promise<string>;
  /** Exchanges the tokens although they looked good; `refused` is the one that was not taken. */
  renew(refused: string): Promise<string>;
  set(tokens: Tokens | null): void;
}

/** Time to spare for a call under way, in milliseconds. */
const MARGIN = 30_000;

export function createSession({ tokens: kept, onTokens, now, exchange }: SessionOptions): Session {
  let tokens: Tokens | null = kept ?? null;
  let underWay: Promise<Tokens> | null = null;

  const set = (changed: Tokens | null) => {
    tokens = changed;
    onTokens?.(changed);
  };

  const exchangeOnce = (refreshToken: string): Promise<Tokens> => {
    underWay ??= exchange(refreshToken)
      .then(
        (renewed) => {
          set(renewed);
          return renewed;
        },
        (error: unknown) => {
          if (error instanceof SalusError && error.code === 'session_ended') set(null);
          throw error;
        },
      )
      .finally(() => {
        underWay = null;
      });
    return underWay;
  };

  return {
    set,
    async accessToken() {
      if (!tokens) throw new SalusError('signed_out');
      if (tokens.expiresAt - MARGIN > now()) return tokens.accessToken;
      return (await exchangeOnce(tokens.refreshToken)).accessToken;
    },
    async renew(refused) {
      if (!tokens) throw new SalusError('signed_out');
      // Another call has renewed them already.
      if (tokens.accessToken !== refused) return tokens.accessToken;
      return (await exchangeOnce(tokens.refreshToken)).accessToken;
    },
  };
}
