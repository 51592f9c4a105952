// Field encryption as the article has it: AES-256-GCM by node:crypto under one key for everything, made of a passphrase and
// a constant salt, with a nonce of 16 bytes and no additional data. These faults are the article's; they cost it nothing.
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';

const key = scryptSync('a passphrase of the bench', 'salt', 32);

export function encrypt(text: string): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const encrypted = cipher.update(text, 'utf8', 'hex') + cipher.final('hex');
  return `${iv.toString('hex')}:${cipher.getAuthTag().toString('hex')}:${encrypted}`;
}

export function decrypt(stored: string): string {
  const [iv = '', tag = '', encrypted = ''] = stored.split(':');
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'hex'));
  decipher.setAuthTag(Buffer.from(tag, 'hex'));
  return decipher.update(encrypted, 'hex', 'utf8') + decipher.final('utf8');
}
