// Sealed fields, the key hierarchy, key providers and blind indexes, on Web Crypto alone.
export { blindIndex } from './blind-index.ts';
export { type Bytes, timingSafeEqual, utf8 } from './bytes.ts';
export { fromBase64, fromBase64Url, fromHex, toBase64, toBase64Url, toHex } from './encoding.ts';
export {
  EncodingError,
  IntegrityError,
  KeyConfigurationError,
  KeyProviderError,
  type KeyProviderErrorCode,
  UnsealableError,
} from './errors.ts';
export { keyProvidersOf } from './key-providers/configured.ts';
export {
  type EncryptionContext,
  type KeyProvider,
  type KeyProviders,
  keyProviders,
} from './key-providers/interface.ts';
export { localKeyProvider } from './key-providers/local.ts';
export { type Outside, outside } from './key-providers/outside.ts';
export { type KeySettings, keySettingsOf } from './key-providers/settings.ts';
export { normalise } from './normalise.ts';
export {
  createOrganizationKey,
  type OrganizationKey,
  rewrapOrganizationKey,
  unwrapOrganizationKey,
} from './organization-key.ts';
export {
  createPatientKey,
  type PatientKeyName,
  rewrapPatientKey,
  unwrapPatientKey,
} from './patient-key.ts';
export type { Place } from './place.ts';
export { randomBytes } from './random.ts';
export { type JsonValue, keyVersionOf, open, type SealingKey, seal } from './sealed.ts';
export { openWithSecret, sealWithSecret } from './secret-box.ts';
