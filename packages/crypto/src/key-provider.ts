// Who keeps the root key. A provider wraps and unwraps other keys and never gives the root out; a KMS fits this shape.
import type { Bytes } from './bytes.ts';

/** What a wrapped key is for. It is bound to the wrapping: under another context it does not unwrap. */
export interface EncryptionContext {
  readonly organization: string;
  readonly version: number;
}

export interface KeyProvider {
  /** Written beside each key that it wrapped. */
  readonly id: string;
  /** @throws KeyProviderError */
  wrap(key: Bytes, context: EncryptionContext): Promise<Bytes>;
  /** @throws KeyProviderError `unwrap_failed` when the wrapping is damaged, another's or of another context */
  unwrap(wrapped: Bytes, context: EncryptionContext): Promise<Bytes>;
}
