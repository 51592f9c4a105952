// The article's sign-in: bcrypt, then a one-time code compared with ===, then a JSON Web Token under one shared secret.
import bcrypt from 'bcrypt';
import type { NextFunction, Request, Response } from 'express';
import jwt from 'jsonwebtoken';
import { generateSync } from 'otplib';
import type { Pool } from 'pg';

export interface Caller {
  readonly userId: string;
  readonly role: string;
}

const SECRET = 'a secret of the bench that stands for JWT_SECRET';
/** What the article hashes with. */
export const BCRYPT_ROUNDS = 12;

const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  admin: ['read:all', 'write:all', 'delete:all'],
  provider: ['read:patients', 'write:patients', 'read:labs', 'write:orders'],
  nurse: ['read:patients', 'write:vitals', 'read:labs'],
  billing: ['read:billing', 'read:patients:limited'],
  patient: ['read:self', 'write:self'],
};

interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly code: string;
  /** When they came, in seconds: with many at once bcrypt takes longer than a code of this very moment is good. */
  readonly presentedAt: number;
}

/** @returns a token, or null when anything is wrong */
export async function signIn(
  pool: Pool,
  { email, password, code, presentedAt }: Credentials,
): Promise<string | null> {
  const { rows } = await pool.query<{ id: string; role: string; password_hash: string; mfa_secret: string }>(
    'select id, role, password_hash, mfa_secret from article.users where email = $1',
    [email],
  );
  const [user] = rows;
  if (!user || !(await bcrypt.compare(password, user.password_hash))) return null;
  if (generateSync({ secret: user.mfa_secret, epoch: presentedAt }) !== code) return null;
  return jwt.sign({ userId: user.id, role: user.role, mfa_verified: true }, SECRET, { expiresIn: '15m' });
}

export function authenticate(request: Request, response: Response, next: NextFunction): void {
  const token = request.headers.authorization?.replace('Bearer ', '');
  try {
    const decoded = jwt.verify(token ?? '', SECRET) as Caller & { mfa_verified?: boolean }; // what signIn signed
    if (!decoded.mfa_verified) throw new Error('second factor missing');
    response.locals.user = decoded;
    next();
  } catch {
    response.status(401).json({ error: 'Invalid token' });
  }
}

export function authorize(permission: string) {
  return (_: Request, response: Response, next: NextFunction): void => {
    const { role } = response.locals.user as Caller; // authenticate stands before it
    const granted = PERMISSIONS[role] ?? [];
    if (granted.includes(permission) || granted.includes('read:all')) next();
    else response.status(403).json({ error: 'Insufficient permissions' });
  };
}
