// Making an account from the command line: everything is checked before the password is asked for.
import { hashPassword, newPassword, newTotpSecret, totpUri } from '@salus/auth';
import { argon2id } from '@salus/auth/argon2id';
import { createUser, ProvisionError } from '@salus/db/provision';
import { organizationId, patientId, user } from '@salus/schema';
import * as z from 'zod';
import { CommandError, UsageError } from './errors.ts';
import { asOwner, configuredKeyProviders } from './owner.ts';
import { newRandomPassword } from './secrets/secrets.ts';
import { readSecret } from './terminal/secret-input.ts';

const { role, email, displayName } = user.schema.shape;

const request = z
  .object({ organization: organizationId, role, email, name: displayName, patient: patientId.optional() })
  .refine((value) => (value.role === 'patient') === (value.patient !== undefined), { path: ['patient'] });

export interface CreatedAccount {
  readonly id: string;
  /** When it was made here, and not given. */
  readonly password?: string;
  readonly totpSecret: string;
  readonly totpUri: string;
}

/** @throws UsageError, CommandError, KeyProviderError */
export async function createAccount(
  given: Readonly<Record<string, unknown>> & { readonly generatePassword: boolean },
): Promise<CreatedAccount> {
  const parsed = request.safeParse(given);
  if (!parsed.success) {
    const faults = new Set(parsed.error.issues.map(({ path }) => `--${String(path[0])}`));
    throw new UsageError(`not valid: ${[...faults].join(', ')}`);
  }
  const account = parsed.data;
  const providers = await configuredKeyProviders();
  const generated = given.generatePassword ? newRandomPassword() : undefined;
  const password = newPassword(account).safeParse(generated ?? (await readSecret('Password')));
  if (!password.success) throw new CommandError(`the password is ${password.error.issues[0]?.message}`);
  const passwordHash = await hashPassword(await argon2id(), password.data);
  const totpSecret = newTotpSecret();

  const id = await asOwner((connection) =>
    createUser(connection, providers, {
      organizationId: account.organization,
      role: account.role,
      email: account.email,
      displayName: account.name,
      passwordHash,
      totpSecret,
      ...(account.patient && { patientId: account.patient }),
    }).catch((error: unknown) => {
      throw error instanceof ProvisionError ? new CommandError(error.message) : error;
    }),
  );
  return {
    id,
    ...(generated !== undefined && { password: generated }),
    totpSecret,
    totpUri: totpUri({ secret: totpSecret, account: account.email, issuer: 'Salus' }),
  };
}
