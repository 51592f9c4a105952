// What somebody has sent is in the trail, whether or not they wait for the answer.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';

const CALLS = 15;

let system: System;
let provider: SignedIn;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
});
afterAll(() => system.stop());

/** Sends a call, and is gone as soon as it is sent. */
async function sendAndLeave(path: string, input: unknown, headers: Record<string, string>): Promise<void> {
  const { host, hostname, port } = new URL(system.url);
  const body = JSON.stringify(input);
  const all = { ...headers, host, 'content-type': 'application/json', 'content-length': `${body.length}` };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.write(`POST /trpc/${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`, () => resolve());
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  socket.destroy();
}

/** How many events of a type there are, once there are as many as are waited for. */
async function counted(type: string): Promise<number> {
  const until = Date.now() + 40_000;
  for (;;) {
    const { length } = await trail(system, `type = $1 and outcome = 'denied'`, [type]);
    if (length >= CALLS || Date.now() > until) return length;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe('whoever is gone before the answer', () => {
  it('has asked for a record all the same, and was refused', async () => {
    for (let n = 0; n < CALLS; n++) {
      const headers = { ...provider.headers(), 'purpose-of-use': 'TREAT' };
      await sendAndLeave('patients.get', { id: crypto.randomUUID() }, headers);
    }
    expect(await counted('patient.read')).toBe(CALLS);
  });

  it('has tried to sign in all the same', async () => {
    for (let n = 0; n < CALLS; n++) {
      const input = { email: `nobody${n}@clinic.example`, password: 'a long phrase that is wrong' };
      await sendAndLeave('auth.signIn', input, { 'cf-connecting-ip': `198.51.100.${n}` });
    }
    expect(await counted('sign_in.password')).toBe(CALLS);
  });
});
