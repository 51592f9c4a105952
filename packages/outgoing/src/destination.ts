// Where a request may go (server-side request forgery, OWASP API7): over HTTPS, to a host on the public internet that is not
// ourselves. The URL is read as the runtime will read it (WHATWG), so that no spelling of an address is overlooked. What a
// name resolves to is the runtime's to judge at the moment it connects: whoever looks it up before can be deceived by the next
// answer. Cloudflare's network reaches public addresses alone; `global_fetch_strictly_public` makes it so for our own zone too.
import ipaddr from 'ipaddr.js';
import { OutgoingError } from './errors.ts';

export interface DestinationPolicy {
  /** This machine is permitted, by HTTP too: development and tests. */
  readonly allowLoopback: boolean;
  /** Host names of the deployment itself. */
  readonly ownHosts: readonly string[];
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const HTTPS_PORT = 443;
const FIRST_UNPRIVILEGED_PORT = 1024;

/** Names that no public DNS answers for (RFC 6761, RFC 6762, RFC 8375, RFC 9476, ICANN's `internal`), or that collide with them. */
const NOT_PUBLIC =
  /(^|\.)(localhost|localdomain|local|internal|intranet|private|corp|home|lan|test|invalid|onion|alt|arpa)$/;

/** @throws OutgoingError `url_malformed`, `url_not_permitted`, `host_not_public`, `host_own` */
export function destinationOf(text: string, { allowLoopback, ownHosts }: DestinationPolicy): URL {
  const url = URL.parse(text);
  if (!url || url.hostname === '') throw new OutgoingError('url_malformed');
  if (url.username !== '' || url.password !== '') throw new OutgoingError('url_not_permitted');
  if (allowLoopback && LOOPBACK.has(url.hostname) && /^https?:$/.test(url.protocol)) return url;
  if (url.protocol !== 'https:' || !isPermittedPort(url.port)) throw new OutgoingError('url_not_permitted');
  if (!isPublicHost(url.hostname)) throw new OutgoingError('host_not_public');
  if (ownHosts.includes(url.hostname)) throw new OutgoingError('host_own');
  return url;
}

function isPermittedPort(port: string): boolean {
  const number = port === '' ? HTTPS_PORT : Number(port);
  return number === HTTPS_PORT || number >= FIRST_UNPRIVILEGED_PORT;
}

function isPublicHost(hostname: string): boolean {
  if (hostname.startsWith('[')) return isPublicIpv6(hostname.slice(1, -1));
  if (ipaddr.IPv4.isValid(hostname)) return ipaddr.IPv4.parse(hostname).range() === 'unicast';
  // A trailing dot spells the same name otherwise, and would pass by whatever compares names.
  return hostname.includes('.') && !hostname.endsWith('.') && !NOT_PUBLIC.test(hostname);
}

/** Global unicast (RFC 4291 §2.4) that stands for no IPv4 address and is set aside for nothing. */
function isPublicIpv6(text: string): boolean {
  const address = ipaddr.IPv6.parse(text);
  const isGlobalUnicast = ((address.parts[0] ?? 0) & 0xe000) === 0x2000;
  return isGlobalUnicast && address.range() === 'unicast';
}
