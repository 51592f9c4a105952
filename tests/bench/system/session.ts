// A session with Salus over plain HTTP, without the client, so that nothing but the server is measured.
import { totpCode } from '@salus/auth';
import { type Connection, type HttpRequest, openConnection } from '../load/http.ts';

export interface Account {
  readonly email: string;
  readonly password: string;
  readonly totpSecret: string;
}

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface Session {
  /** A call of a procedure, for this purpose. */
  call(path: string, input: unknown, purpose: string): HttpRequest;
  /** To be called between measurements: an access token is good for fifteen minutes. */
  renew(): Promise<void>;
}

const RENEW_AFTER = 8 * 60_000;

export async function openSession(url: string, account: Account): Promise<Session> {
  const connection = openConnection(url);
  let tokens = await signIn(connection, account);
  let since = Date.now();
  return {
    call: (path, input, purpose) => ({
      ...procedure(path, input),
      headers: { authorization: `Bearer ${tokens.accessToken}`, 'purpose-of-use': purpose },
    }),
    async renew() {
      if (Date.now() - since < RENEW_AFTER) return;
      tokens = await result(connection, procedure('auth.refresh', { refreshToken: tokens.refreshToken }));
      since = Date.now();
    },
  };
}

/** Both steps. */
export async function signIn(connection: Connection, account: Account, address?: string): Promise<Tokens> {
  const headers = address === undefined ? {} : { 'cf-connecting-ip': address };
  const { email, password, totpSecret } = account;
  const { mfaToken } = await result<{ mfaToken: string }>(connection, {
    ...procedure('auth.signIn', { email, password }),
    headers,
  });
  const code = await totpCode({ secret: totpSecret, now: Date.now() });
  return result(connection, { ...procedure('auth.verifyTotp', { mfaToken, code }), headers });
}

export function procedure(path: string, input: unknown): HttpRequest {
  return { method: 'POST', path: `/trpc/${path}`, body: input };
}

/** What a procedure answers: the bench knows what it asked for. */
export async function result<T>(connection: Connection, request: HttpRequest): Promise<T> {
  const { result } = (await connection.send(request)) as { result: { data: T } };
  return result.data;
}
