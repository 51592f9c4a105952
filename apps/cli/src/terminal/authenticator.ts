// A TOTP secret as an authenticator app wants it: a QR code, and the text in it.
import { totpUri } from '@salus/auth';
import { renderUnicodeCompact } from 'uqr';
import { faint } from './style.ts';

export function authenticator(of: { secret: string; account: string; issuer: string }): string {
  const uri = totpUri(of);
  return indented([...renderUnicodeCompact(uri).split('\n'), faint(uri)]);
}

export function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}
