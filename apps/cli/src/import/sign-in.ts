// Who imports: a demo user, or whoever the environment names. Nothing secret is an argument.
import { setTimeout as sleep } from 'node:timers/promises';
import { totpCode } from '@salus/auth';
import { createSalusClient, type SalusClient, SalusError } from '@salus/client';
import { demoUserOf } from '../dev/demo.ts';
import { CommandError, UsageError } from '../errors.ts';
import { required } from '../owner.ts';
import { stateDirectory } from '../state-directory.ts';
import { readSecret } from '../terminal/secret-input.ts';

export interface Account {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  /** Absent: the code is asked for. */
  readonly totpSecret?: string | undefined;
}

/** @throws UsageError, CommandError */
export async function accountOf(of: {
  readonly url: string | undefined;
  readonly demoRole: string | undefined;
}): Promise<Account> {
  if (of.demoRole !== undefined) {
    const { url, user } = await demoUserOf(stateDirectory(), of.demoRole);
    return { ...user, url: of.url ?? url };
  }
  if (of.url === undefined) throw new UsageError('say where to: --url <url>, or --demo');
  return {
    url: of.url,
    email: required('SALUS_EMAIL'),
    password: required('SALUS_PASSWORD'),
    totpSecret: process.env.SALUS_TOTP_SECRET || undefined,
  };
}

const STEP = 30_000;

/** @throws CommandError when the account is refused */
export async function signedIn(account: Account): Promise<SalusClient> {
  if (!['http:', 'https:'].includes(URL.parse(account.url)?.protocol ?? '')) {
    throw new UsageError('--url is not an http(s) URL');
  }
  const client = createSalusClient({ url: account.url });
  for (let attempt = 1; ; attempt += 1) {
    let passwordAccepted = false;
    try {
      await client.signIn({
        email: account.email,
        password: account.password,
        secondFactor: () => {
          passwordAccepted = true;
          return account.totpSecret === undefined
            ? readSecret('One-time code')
            : totpCode({ secret: account.totpSecret, now: Date.now() });
        },
      });
      return client;
    } catch (error) {
      if (!(error instanceof SalusError)) throw error;
      // A code works once: who signed in a moment ago has to wait for the next.
      const used =
        error.code === 'credentials_refused' && passwordAccepted && account.totpSecret !== undefined;
      if (!used || attempt === 2)
        throw new CommandError(`sign-in failed: ${error.code.replaceAll('_', ' ')}`);
      await sleep(STEP - (Date.now() % STEP) + 100);
    }
  }
}
