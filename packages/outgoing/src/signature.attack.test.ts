// API-22: forged, altered and replayed webhooks, and secrets that are being replaced.
import { describe, expect, it } from 'vitest';
import { signatureOf, verifySignature } from './signature.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const secret = bytes('of tests only, thirty-two bytes!');
const newer = bytes('another one, as long as the first');
const NOW = 1_795_000_000;
const message = { id: 'msg_1', timestamp: NOW, body: bytes('{"type":"alert.raised"}') };

async function verifies(
  with_: Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
  { body = message.body, now = NOW } = {},
): Promise<boolean> {
  return verifySignature(with_, new Headers(headers), body, now);
}

describe('a webhook', () => {
  it('is signed as Standard Webhooks says: the example of its specification', async () => {
    // https://github.com/standard-webhooks/standard-webhooks, spec, "Signature scheme", with its libraries' test vector.
    const key = Uint8Array.from(atob('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'), (c) => c.charCodeAt(0));
    const headers = await signatureOf([key], {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1_614_265_330,
      body: bytes('{"test": 2432232314}'),
    });
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('verifies for whoever has the secret, and for nobody else', async () => {
    const headers = await signatureOf([secret], message);
    expect(await verifies(secret, headers)).toBe(true);
    expect(await verifies(newer, headers)).toBe(false);
  });

  it('does not verify when anything of it has changed', async () => {
    const headers = await signatureOf([secret], message);
    expect(await verifies(secret, headers, { body: bytes('{"type":"alert.raised" }') })).toBe(false);
    for (const [name, value] of [
      ['webhook-id', 'msg_2'],
      ['webhook-id', ''],
      ['webhook-timestamp', String(NOW + 1)],
      ['webhook-timestamp', `${NOW}.0`],
      ['webhook-timestamp', 'NaN'],
      ['webhook-signature', ''],
      ['webhook-signature', 'v1,'],
      ['webhook-signature', 'v1,not Base 64'],
      ['webhook-signature', (headers['webhook-signature'] ?? '').replace('v1,', 'v2,')],
      ['webhook-signature', (headers['webhook-signature'] ?? '').replace('v1,', '')],
    ])
      expect(await verifies(secret, { ...headers, [String(name)]: String(value) })).toBe(false);
  });

  it('does not verify again after five minutes, nor from a clock that is far ahead', async () => {
    const headers = await signatureOf([secret], message);
    expect(await verifies(secret, headers, { now: NOW + 300 })).toBe(true);
    expect(await verifies(secret, headers, { now: NOW + 301 })).toBe(false);
    expect(await verifies(secret, headers, { now: NOW - 301 })).toBe(false);
  });

  it('verifies with either secret while both are in force', async () => {
    const headers = await signatureOf([newer, secret], message);
    expect(await verifies(secret, headers)).toBe(true);
    expect(await verifies(newer, headers)).toBe(true);
    expect(await verifies(secret, await signatureOf([newer], message))).toBe(false);
  });
});
