// Signing in to Better Auth with both factors. A few accounts are enough: it takes an accepted code again.
import { totpCode } from '@salus/auth';
import type { Work } from '../../load/closed-loop.ts';
import { type Connection, openConnection } from '../../load/http.ts';

const ACCOUNTS = 8;
const PASSWORD = 'correct horse battery staple of the bench';
const ORIGIN = { origin: 'http://127.0.0.1' };

export async function betterAuthSignIn(url: string): Promise<Work> {
  const secrets: string[] = [];
  for (let at = 0; at < ACCOUNTS; at++) secrets.push(await makeAccount(url, emailOf(at)));
  return async (connection, caller) => {
    const at = caller % ACCOUNTS;
    connection.forget();
    await post(connection, 'sign-in/email', { email: emailOf(at), password: PASSWORD });
    const code = await totpCode({ secret: secrets[at] ?? '', now: Date.now() });
    const answer = await post(connection, 'two-factor/verify-totp', { code });
    if (typeof Object(answer).token !== 'string') throw new Error('not signed in');
  };
}

const emailOf = (at: number) => `somebody.${at}@clinic.example`;

/** @returns the secret of its one-time codes, in Base32 */
async function makeAccount(url: string, email: string): Promise<string> {
  const connection = openConnection(url);
  await post(connection, 'sign-up/email', { email, password: PASSWORD, name: 'Somebody' });
  const { totpURI } = Object(await post(connection, 'two-factor/enable', { password: PASSWORD }));
  const secret = new URL(String(totpURI)).searchParams.get('secret') ?? '';
  await post(connection, 'two-factor/verify-totp', { code: await totpCode({ secret, now: Date.now() }) });
  connection.close();
  return secret;
}

function post(connection: Connection, path: string, body: unknown): Promise<unknown> {
  return connection.send({ method: 'POST', path: `/api/auth/${path}`, headers: ORIGIN, body });
}
