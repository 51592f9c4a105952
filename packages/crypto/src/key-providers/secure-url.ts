// An address that keys and tokens may be sent to: HTTPS, or, where a developer allows it, a server on the same machine.

/** Without a slash at its end, query, fragment or credentials. Made by `secureUrl` alone. */
export type SecureUrl = string & { readonly secureUrl: unique symbol };

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Null when nothing may be sent there. @param loopback whether plain HTTP to this machine is allowed */
export function secureUrl(text: string, loopback: boolean): SecureUrl | null {
  const url = URL.parse(text);
  if (!url || /[?#@]/.test(text)) return null;
  const local = loopback && url.protocol === 'http:' && LOOPBACK.has(url.hostname);
  if (url.protocol !== 'https:' && !local) return null;
  return url.href.replace(/\/$/, '') as SecureUrl; // checked just now
}
