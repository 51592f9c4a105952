// AWS Signature Version 4, checked: computed again from the request as it arrived, by the documented steps and with nothing of
// what signed it (AWS General Reference, "Create a signed AWS API request").
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ServiceRequest } from './server.ts';

export interface AwsAccount {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Scope {
  readonly region: string;
  readonly service: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const SKEW = 5 * 60_000;

/** The name of AWS's error, or null when the signature is sound. @param now milliseconds since the epoch */
export function faultOf(
  request: ServiceRequest,
  account: AwsAccount,
  scope: Scope,
  now: number,
): string | null {
  const { headers } = request;
  const parts = AUTHORIZATION.exec(headers.authorization ?? '');
  if (!parts) return headers.authorization ? 'IncompleteSignature' : 'MissingAuthenticationTokenException';
  const [, accessKeyId, day, region, service, signedHeaders = '', signature = ''] = parts;
  if (accessKeyId !== account.accessKeyId) return 'UnrecognizedClientException';
  if (headerOf(request, 'x-amz-security-token') !== (account.sessionToken ?? ''))
    return 'UnrecognizedClientException';
  if (region !== scope.region || service !== scope.service) return 'InvalidSignatureException';

  const date = headerOf(request, 'x-amz-date');
  const [, year, month, dayOfMonth, hour, minute, second] = (DATE.exec(date) ?? []).map(Number);
  const at = Date.UTC(year ?? 0, (month ?? 0) - 1, dayOfMonth, hour, minute, second);
  if (!date.startsWith(day ?? '-') || !(Math.abs(at - now) <= SKEW)) return 'InvalidSignatureException';

  const signed = signedHeaders.split(';');
  const mustBeSigned = Object.keys(headers).filter(
    (name) => name === 'host' || name === 'content-type' || name.startsWith('x-amz-'),
  );
  if (!mustBeSigned.every((name) => signed.includes(name))) return 'InvalidSignatureException';
  if (signedHeaders !== signed.toSorted().join(';')) return 'InvalidSignatureException';

  const expected = signatureOf(request, signed, account.secretAccessKey, date, scope);
  return timingSafeEqual(Buffer.from(expected), Buffer.from(signature)) ? null : 'InvalidSignatureException';
}

/** In hexadecimal. */
export function signatureOf(
  request: ServiceRequest,
  signed: readonly string[],
  secret: string,
  date: string,
  { region, service }: Scope,
): string {
  const { pathname, searchParams } = new URL(request.path, 'http://host');
  const query = [...searchParams]
    .map(([name, value]) => `${strictly(name)}=${strictly(value)}`)
    .toSorted()
    .join('&');
  const canonical = [
    request.method,
    pathname.split('/').map(strictly).join('/'),
    query,
    ...signed.map((name) => `${name}:${headerOf(request, name).trim().replace(/\s+/g, ' ')}`),
    '',
    signed.join(';'),
    sha256(request.body),
  ].join('\n');
  const day = date.slice(0, 8);
  const toSign = [
    'AWS4-HMAC-SHA256',
    date,
    `${day}/${region}/${service}/aws4_request`,
    sha256(canonical),
  ].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (under, part) => createHmac('sha256', under).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  return createHmac('sha256', key).update(toSign).digest('hex');
}

function headerOf({ headers }: ServiceRequest, name: string): string {
  return String(headers[name] ?? '');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Everything but RFC 3986's unreserved characters. */
function strictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
