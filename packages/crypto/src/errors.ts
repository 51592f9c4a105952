// What can go wrong with keys and sealed values. No error says which of several checks failed: that is an oracle.

/** A value does not open: another place, another key, changed or cut bytes. One error for all of them. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
  readonly code = 'integrity';

  constructor() {
    super('integrity');
  }
}

/** A value cannot be sealed as it stands: it is not JSON, or holds a broken surrogate pair. */
export class UnsealableError extends Error {
  override readonly name = 'UnsealableError';
  readonly code = 'unsealable';

  constructor() {
    super('unsealable');
  }
}

/** What the source of randomness says repeats: neither a key nor a nonce may be made of it. */
export class RandomSourceError extends Error {
  override readonly name = 'RandomSourceError';
  readonly code = 'random_source_broken';

  constructor() {
    super('random_source_broken');
  }
}

/** A key has sealed as often as it may. */
export class KeyExhaustedError extends Error {
  override readonly name = 'KeyExhaustedError';
  readonly code = 'key_exhausted';

  constructor() {
    super('key_exhausted');
  }
}

/** A text is not the canonical form of any bytes. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
  readonly code = 'malformed';

  constructor() {
    super('malformed');
  }
}

export type KeyProviderErrorCode =
  /** The root key is not 32 bytes in Base 64, or plainly no key at all. */
  | 'malformed_root_key'
  /** The wrapped key is not this provider's, not whole, or bound to another context. */
  | 'unwrap_failed'
  /** A key was wrapped by a provider, or under a root key, that is not configured. */
  | 'unknown_provider'
  /** The provider did not answer, not in time, or not as itself. */
  | 'unavailable'
  /** The provider answers fewer calls than were made. */
  | 'throttled'
  /** The provider does not know us, or does not let us use the key. */
  | 'denied'
  /** The key is disabled, or about to be deleted. */
  | 'key_disabled'
  /** There is no such key or service, or it is not of the kind that it should be. */
  | 'misconfigured';

export class KeyProviderError extends Error {
  override readonly name = 'KeyProviderError';
  readonly code: KeyProviderErrorCode;
  /** Whether the same call may succeed later. */
  readonly retry: boolean;

  constructor(code: KeyProviderErrorCode) {
    super(code);
    this.code = code;
    this.retry = code === 'unavailable' || code === 'throttled';
  }
}

/** The variables that say who keeps the root key are not sound. Says which ones, and never what they hold. */
export class KeyConfigurationError extends Error {
  override readonly name = 'KeyConfigurationError';
  readonly code = 'misconfigured';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`missing or malformed: ${faults.join(', ')}`);
    this.faults = faults;
  }
}
