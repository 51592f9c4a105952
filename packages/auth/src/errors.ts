// Why a token was not taken. Nothing more is said: which of several checks failed is an oracle.

export type AuthErrorCode =
  | 'token_invalid'
  | 'token_expired'
  /** SALUS_TOKEN_KEYS is not a private JWK set of Ed25519 keys. */
  | 'signing_keys_malformed';

/** Its message is its code. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly code: AuthErrorCode;

  constructor(code: AuthErrorCode) {
    super(code);
    this.code = code;
  }
}
