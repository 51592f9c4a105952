// Signed webhooks as Standard Webhooks 1.0 has them (standardwebhooks.com): HMAC-SHA-256 over `id.timestamp.body`, one
// signature for each secret that is in force, so that a secret can be replaced while messages are under way.
const VERSION = 'v1';
/** Seconds that a message may be old, or ahead of the receiver's clock. */
const TOLERANCE = 5 * 60;

type Bytes = Uint8Array<ArrayBuffer>;

export interface WebhookMessage {
  /** The same for each attempt to deliver the same message. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly body: Bytes;
}

/** The headers that go with a message. @param secrets those in force, the newest first */
export async function signatureOf(
  secrets: readonly Bytes[],
  message: WebhookMessage,
): Promise<Record<string, string>> {
  const signatures = await Promise.all(
    secrets.map(async (secret) => {
      const code = await crypto.subtle.sign('HMAC', await keyOf(secret, 'sign'), signedBytes(message));
      return `${VERSION},${btoa(String.fromCharCode(...new Uint8Array(code)))}`;
    }),
  );
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': signatures.join(' '),
  };
}

/**
 * Whether a message comes from a holder of the secret, and from these minutes. For whoever receives.
 * @param now seconds since the epoch
 */
export async function verifySignature(
  secret: Bytes,
  headers: Headers,
  body: Bytes,
  now: number,
): Promise<boolean> {
  const [at = ''] = /^\d{1,12}$/.exec(headers.get('webhook-timestamp') ?? '') ?? [];
  const id = headers.get('webhook-id');
  if (!id || at === '' || Math.abs(now - Number(at)) > TOLERANCE) return false;
  const key = await keyOf(secret, 'verify');
  const signed = signedBytes({ id, timestamp: Number(at), body });
  for (const signature of (headers.get('webhook-signature') ?? '').split(' ')) {
    const [version, code] = signature.split(',');
    const bytes = version === VERSION && code !== undefined ? bytesOf(code) : null;
    if (bytes && (await crypto.subtle.verify('HMAC', key, bytes, signed))) return true;
  }
  return false;
}

function signedBytes({ id, timestamp, body }: WebhookMessage): Bytes {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

function keyOf(secret: Bytes, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [usage]);
}

function bytesOf(base64: string): Bytes | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
