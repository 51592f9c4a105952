// The verifier key of a log (c2sp.org/signed-note): what an outsider needs, and all they need, to verify it.
import { join } from 'node:path';
import { verifierKeyOf } from '@salus/audit/log';
import { fromBase64 } from '@salus/crypto';
import { organizationId } from '@salus/schema';
import { LOCAL_LOG_ORIGIN } from '../dev/names.ts';
import { UsageError } from '../errors.ts';
import { readKeptSecrets } from '../secrets/secrets.ts';
import { readIfThere, stateDirectory } from '../state-directory.ts';

const YEAR = /^\d{4}$/;

/** @throws UsageError, CommandError, LogError */
export async function verifierKey(of: {
  readonly organization?: string | undefined;
  readonly year?: string | undefined;
}): Promise<{ origin: string; key: string }> {
  const organization = organizationId.safeParse(of.organization ?? (await demoOrganization()));
  if (!organization.success) throw new UsageError('--organization is not the id of an organization');
  const year = of.year ?? String(new Date().getUTCFullYear());
  if (!YEAR.test(year)) throw new UsageError('--year is not a calendar year');
  const { seed, logOrigin } = await signingKey();
  const origin = `${logOrigin}/log/${organization.data}/${year}`;
  return { origin, key: await verifierKeyOf(origin, seed) };
}

async function demoOrganization(): Promise<string> {
  const id = await readIfThere(join(stateDirectory(), 'demo-organization'));
  if (id === undefined) throw new UsageError('name an organization: --organization <id>');
  return id.trim();
}

async function signingKey(): Promise<{ seed: Uint8Array; logOrigin: string }> {
  const { LOG_SIGNING_KEY, LOG_ORIGIN } = process.env;
  if (LOG_SIGNING_KEY && LOG_ORIGIN) return { seed: seedOf(LOG_SIGNING_KEY), logOrigin: LOG_ORIGIN };
  if (LOG_SIGNING_KEY || LOG_ORIGIN) throw new UsageError('set both LOG_SIGNING_KEY and LOG_ORIGIN');
  const kept = await readKeptSecrets(join(stateDirectory(), 'secrets.json'));
  if (!kept) throw new UsageError('set LOG_SIGNING_KEY and LOG_ORIGIN in the environment');
  return { seed: seedOf(kept.LOG_SIGNING_KEY), logOrigin: LOCAL_LOG_ORIGIN };
}

function seedOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch {
    throw new UsageError('LOG_SIGNING_KEY is not Base64');
  }
}
