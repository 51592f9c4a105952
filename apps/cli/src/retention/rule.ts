// Setting an organization's rule: what is not allowed is said before the database has to.
import { PLATFORM } from '@salus/db';
import { RetentionRuleError, setRetentionRule } from '@salus/db/retention';
import { organizationId } from '@salus/schema';
import { CommandError, UsageError } from '../errors.ts';
import { asOwner } from '../owner.ts';

/** @throws UsageError, CommandError */
export async function setRule(given: {
  readonly organization: string;
  readonly years: string;
  readonly basis: string;
}): Promise<{ before: number; years: number }> {
  const organization = organizationId.safeParse(
    given.organization === 'platform' ? PLATFORM : given.organization,
  );
  if (!organization.success) throw new UsageError('--organization is not the id of an organization');
  const years = /^\d{1,3}$/.test(given.years) ? Number(given.years) : 0;
  if (years < 6 || years > 100) {
    throw new UsageError('--years is 6 to 100: nothing is kept for less than six (45 CFR 164.316(b)(2))');
  }
  const basis = given.basis.trim();
  if (basis.length < 1 || basis.length > 200) throw new UsageError('--basis is 1 to 200 characters');
  const { before } = await asOwner((connection) =>
    setRetentionRule(connection, organization.data, { years, basis }).catch((error: unknown) => {
      throw error instanceof RetentionRuleError ? new CommandError(error.message) : error;
    }),
  );
  return { before, years };
}
