// Whoever has no session is counted by where they call from. A machine with IPv6 has 2^64 addresses to call from, and is counted
// as one.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type System, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

/** How many events calls without a session leave, from these addresses one after the other. */
async function eventsFrom(addresses: readonly string[]): Promise<number> {
  const requests: (string | null)[] = [];
  for (const address of addresses) {
    const answer = await system.post('/trpc/patients.list', {}, { 'cf-connecting-ip': address });
    expect(answer.status).toBe(401);
    requests.push(answer.headers.get('x-request-id'));
  }
  return (await trail(system, 'request_id = any($1)', [requests])).length;
}

it('RL-10: a network of 2^64 addresses leaves one event, however these are written', async () => {
  expect(
    await eventsFrom([
      '2001:db8:1:2::1',
      '2001:db8:1:2:ffff::',
      '2001:0DB8:0001:0002:3:4:5:6',
      '2001:db8:1:2:a:b:198.51.100.9',
    ]),
  ).toBe(1);
  expect(await eventsFrom(['2001:db8::1', '2001:db8::2', '2001:db8:0:0:3::'])).toBe(1);
  expect(await eventsFrom(['::1', '::2'])).toBe(1);
});

it.each([
  ['networks', ['2001:db8:1:3::1', '2001:db8:1:4::1', '2001:db8:2::1', '2001:db8:3::1']],
  ['IPv4', ['198.51.100.1', '198.51.100.2', '203.0.113.7']],
  ['IPv4 in IPv6', ['::ffff:203.0.113.1', '::ffff:203.0.113.2']],
])('different %s are different callers', async (_, addresses) => {
  expect(await eventsFrom(addresses)).toBe(addresses.length);
});

it('RL-02: sign-in is counted by the network too', async () => {
  const { email } = await system.account('nurse');
  const attempts = Array.from({ length: 6 }, (_, i) =>
    system.post(
      '/trpc/auth.signIn',
      { email, password: 'not the right one' },
      { 'cf-connecting-ip': `2001:db8:9:9::${i + 1}` },
    ),
  );
  const statuses = (await Promise.all(attempts)).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([401, 401, 401, 401, 401, 429]);
});
