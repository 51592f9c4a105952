// One-time codes (RFC 6238): six digits, SHA-1, thirty seconds. The present step and the one before are taken, each once
// and only forwards; the database keeps the last step and has the final word (migration 0005).
import { generate, generateSecret, generateURI, verify } from 'otplib';

const PERIOD = 30;
const CODE = /^[0-9]{6}$/;

/** Base32 of 160 random bits. */
export function newTotpSecret(): string {
  return generateSecret({ length: 20 });
}

/** The URI that authenticator apps read from a QR code. */
export function totpUri({
  secret,
  account,
  issuer,
}: {
  secret: string;
  account: string;
  issuer: string;
}): string {
  return generateURI({ strategy: 'totp', secret, label: account, issuer });
}

/** The code at `now` (milliseconds since the epoch). */
export function totpCode({ secret, now }: { secret: string; now: number }): Promise<string> {
  return generate({ secret, period: PERIOD, epoch: Math.floor(now / 1000) });
}

/**
 * The time step that a code belongs to, when it is right and later than `lastStep`; null otherwise, whatever is given.
 * @param now milliseconds since the epoch
 * @param lastStep the last step that was accepted
 */
export async function verifyTotp({
  secret,
  code,
  now,
  lastStep,
}: {
  readonly secret: string;
  readonly code: string;
  readonly now: number;
  readonly lastStep: number | null;
}): Promise<number | null> {
  // otplib throws on a code of any other form.
  if (!CODE.test(code)) return null;
  const step = await stepOf(secret, code, Math.floor(now / 1000));
  return step !== null && (lastStep === null || step > lastStep) ? step : null;
}

/** otplib also throws on a secret or a time that is none, and its messages quote the secret: nothing of them goes on. */
async function stepOf(secret: string, code: string, epoch: number): Promise<number | null> {
  try {
    const result = await verify({
      secret,
      token: code,
      period: PERIOD,
      epoch,
      epochTolerance: [PERIOD, 0],
    });
    return result.valid && 'timeStep' in result ? result.timeStep : null;
  } catch {
    return null;
  }
}
