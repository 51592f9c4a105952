// Who keeps the root key. A provider wraps and unwraps other keys and never gives the root out; a KMS fits this shape.
import type { Bytes } from '../bytes.ts';
import { KeyProviderError } from '../errors.ts';

/** What a wrapped key is for. It is bound to the wrapping: under another context it does not unwrap. */
export interface EncryptionContext {
  readonly organization: string;
  readonly version: number;
}

export interface KeyProvider {
  /** Written beside each key that it wrapped. Tells providers apart, and the root keys of one provider. */
  readonly id: string;
  /** @throws KeyProviderError */
  wrap(key: Bytes, context: EncryptionContext): Promise<Bytes>;
  /** @throws KeyProviderError `unwrap_failed` when the wrapping is damaged, another's or of another context */
  unwrap(wrapped: Bytes, context: EncryptionContext): Promise<Bytes>;
}

/** More than one while a root key is being replaced. */
export interface KeyProviders {
  /** Wraps what is new. */
  readonly first: KeyProvider;
  /** The provider that wrote this beside a key. @throws KeyProviderError `unknown_provider` */
  of(id: string): KeyProvider;
}

/** @param previous still unwrap what they wrapped before the first took over */
export function keyProviders(first: KeyProvider, ...previous: readonly KeyProvider[]): KeyProviders {
  const all = [first, ...previous];
  return {
    first,
    of(id) {
      const named = all.filter((provider) => provider.id === id || isFormerId(provider, id));
      const [only, ...others] = named;
      if (!only) throw new KeyProviderError('unknown_provider');
      return others.length === 0 ? only : whicheverOpens(named, only);
    },
  };
}

/** A local root key was once written down as `local`, whichever it was. */
function isFormerId({ id }: KeyProvider, written: string): boolean {
  return written === 'local' && id.startsWith('local:');
}

/** An authenticated wrapping opens under its own root alone, so that asking one after the other mistakes none for another. */
function whicheverOpens(providers: readonly KeyProvider[], first: KeyProvider): KeyProvider {
  return {
    ...first,
    async unwrap(wrapped, context) {
      for (const provider of providers) {
        try {
          return await provider.unwrap(wrapped, context);
        } catch (error) {
          if (!(error instanceof KeyProviderError && error.code === 'unwrap_failed')) throw error;
        }
      }
      throw new KeyProviderError('unwrap_failed');
    },
  };
}
