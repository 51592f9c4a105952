// Who somebody is: passwords, one-time codes, access tokens and refresh tokens. No I/O, and no knowledge of a database.
export { ACCESS_TOKEN_SECONDS, issueAccessToken, verifyAccessToken } from './access-token.ts';
export type { Argon2id } from './argon2id/argon2id.ts';
export { AuthError, type AuthErrorCode } from './errors.ts';
export { newPassword } from './new-password.ts';
export { hashOpaqueToken, newOpaqueToken, type OpaqueToken, type OpaqueTokenKind } from './opaque-token.ts';
export { hashPassword, presentedPassword, verifyPassword } from './password.ts';
export { openSuccessor, type Succession, successorOf } from './refresh-token.ts';
export type { Session, SessionClaims } from './session.ts';
export { importSigningKeys, newSigningKeys, publicKeySet, type TokenKeys } from './signing-keys.ts';
export { newTotpSecret, totpCode, totpUri, verifyTotp } from './totp.ts';
