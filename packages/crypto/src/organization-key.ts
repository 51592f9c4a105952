// An organization's key and what hangs under it. The key itself exists only while its sub-keys are derived (HKDF-SHA-256,
// RFC 5869, one label each); none of them can be exported, and none can do another's work.
import { importAesGcmKey } from './aes-gcm.ts';
import { type Bytes, lengthPrefixed, timingSafeEqual } from './bytes.ts';
import { KeyProviderError } from './errors.ts';
import { importHmacKey } from './hmac.ts';
import type { EncryptionContext, KeyProvider } from './key-providers/interface.ts';
import { hkdfSha256 } from './primitives.ts';
import { KEY_BYTES, newKey } from './random.ts';
import type { SealingKey } from './sealed.ts';

export interface OrganizationKey {
  readonly organization: string;
  readonly version: number;
  /** Seals fields of accounts. */
  readonly accountKey: SealingKey;
  /** Seals parts of audit rows that concern no patient. */
  readonly auditKey: SealingKey;
  /** Wraps the patients' keys. */
  readonly patientWrap: CryptoKey;
  /** HMAC-SHA-256 of blind indexes. */
  readonly blindIndex: CryptoKey;
}

/**
 * Makes a new key. What it is wrapped to opens to it: it has been tried, because nothing is lost yet if it does not.
 * @throws KeyProviderError
 */
export async function createOrganizationKey(
  provider: KeyProvider,
  organization: string,
  version: number,
): Promise<{ key: OrganizationKey; wrapped: Bytes }> {
  const raw = newKey();
  const wrapped = await wrapAndTry(provider, raw, { organization, version });
  return { key: await derive(raw, organization, version), wrapped };
}

/** @throws KeyProviderError `unwrap_failed` when it was wrapped for another organization or version, or is no key */
export async function unwrapOrganizationKey(
  provider: KeyProvider,
  organization: string,
  version: number,
  wrapped: Bytes,
): Promise<OrganizationKey> {
  const raw = await provider.unwrap(wrapped, { organization, version });
  // Keys can be derived from no bytes at all, and everybody could derive them.
  if (raw.length !== KEY_BYTES) throw new KeyProviderError('unwrap_failed');
  return derive(raw, organization, version);
}

/** The same key, wrapped by another root key, and tried. @throws KeyProviderError */
export async function rewrapOrganizationKey(
  from: KeyProvider,
  to: KeyProvider,
  { organization, version }: EncryptionContext,
  wrapped: Bytes,
): Promise<Bytes> {
  const raw = await from.unwrap(wrapped, { organization, version });
  const again = await wrapAndTry(to, raw, { organization, version });
  raw.fill(0);
  return again;
}

/** A provider may be permitted to wrap and not to unwrap: that shows here, and not when the key is needed. */
async function wrapAndTry(provider: KeyProvider, raw: Bytes, context: EncryptionContext): Promise<Bytes> {
  const wrapped = await provider.wrap(raw, context);
  const tried = await provider.unwrap(wrapped, context);
  const same = timingSafeEqual(raw, tried);
  tried.fill(0);
  if (!same) throw new KeyProviderError('unwrap_failed');
  return wrapped;
}

/** Overwrites `raw`. */
async function derive(raw: Bytes, organization: string, version: number): Promise<OrganizationKey> {
  const subKey = (label: string) =>
    hkdfSha256(raw, new Uint8Array(), lengthPrefixed(['salus/organization-key/v1', label]), KEY_BYTES);
  const [account, audit, patientWrap, blindIndex] = await Promise.all([
    subKey('account'),
    subKey('audit'),
    subKey('patient-wrap'),
    subKey('blind-index'),
  ]);
  const keys = await Promise.all([
    importAesGcmKey(account),
    importAesGcmKey(audit),
    importAesGcmKey(patientWrap),
    importHmacKey(blindIndex),
  ]);
  for (const bytes of [raw, account, audit, patientWrap, blindIndex]) bytes.fill(0);
  return {
    organization,
    version,
    accountKey: { version, key: keys[0] },
    auditKey: { version, key: keys[1] },
    patientWrap: keys[2],
    blindIndex: keys[3],
  };
}
