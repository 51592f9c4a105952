// The mail server that the configuration names, if it names one: `smtps://user:password@host:465`, or `smtp://…:587` with
// STARTTLS. A server without TLS is one of this machine, in development: `smtp://127.0.0.1:2525?tls=none`.
import type { Configuration } from '../env.ts';
import type { Security } from './connection.ts';
import type { Mail } from './mail.ts';
import { type SmtpServer, smtpMail } from './smtp.ts';

const PORTS: Readonly<Record<Security, number>> = { tls: 465, starttls: 587, none: 25 };
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Null when there is nobody to send mail through. */
export function mailOf({ MAIL_URL, MAIL_FROM }: Configuration): Mail | null {
  return MAIL_URL && MAIL_FROM ? smtpMail(serverOf(MAIL_URL, MAIL_FROM)) : null;
}

function serverOf(text: string, from: string): SmtpServer {
  const url = new URL(text);
  const security = securityOf(url);
  const { username, password } = url;
  return {
    hostname: url.hostname,
    port: url.port === '' ? PORTS[security] : Number(url.port),
    security,
    credentials: username
      ? { username: decodeURIComponent(username), password: decodeURIComponent(password) }
      : null,
    from,
  };
}

function securityOf({ protocol, searchParams }: URL): Security {
  if (protocol === 'smtps:') return 'tls';
  return searchParams.get('tls') === 'none' ? 'none' : 'starttls';
}

/** Whether mail may be sent this way: never in the clear, except on a developer's own machine. */
export function isSecureMailUrl(text: string, development: boolean): boolean {
  const url = URL.parse(text);
  if (!url) return false;
  return securityOf(url) !== 'none' || (development && LOOPBACK.has(url.hostname));
}
