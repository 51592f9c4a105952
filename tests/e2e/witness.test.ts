// The whole system and witnesses that are somebody else's: their cosignatures stand in the published checkpoint and in every
// proof, and whatever a witness does, the log goes on and nothing of it gets in that does not verify.
import { noteSigner, type TrustOptions, verifyLog, verifyTlogProof } from '@salus/audit/log';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LOG_ORIGIN, LOG_SEED, type SignedIn, type System, startSystem } from '../harness/system.ts';
import { trail, untilLogged } from '../harness/trail.ts';
import { publicKeyOfSeed, startTestWitness, type TestWitness } from '../harness/witness.ts';

let system: System;
let officer: SignedIn;
let first: TestWitness;
let second: TestWitness;
let path: string;
let verifierKey: string;

beforeAll(async () => {
  const logKey = publicKeyOfSeed(LOG_SEED);
  const knows = (origin: string) => origin.startsWith(`${LOG_ORIGIN}/log/`);
  first = await startTestWitness({ name: 'witness.example/first', logKey, knows });
  second = await startTestWitness({ name: 'witness.example/second', logKey, knows });
  const lines = [first, second].map(({ verifierKey, url }, at) => `witness w${at} ${verifierKey} ${url}`);
  system = await startSystem({ bindings: { LOG_WITNESSES: lines.join('\n') } });
  officer = await system.signedIn('privacy_officer');
  path = `log/${system.organizationId}/${new Date().getUTCFullYear()}`;
  ({ verifierKey } = await noteSigner(`${LOG_ORIGIN}/${path}`, LOG_SEED));
});
afterAll(async () => {
  await system?.stop();
  await first?.stop();
  await second?.stop();
});
afterEach(() => {
  first.conduct = 'honest';
  second.conduct = 'honest';
});

async function read(file: string): Promise<Uint8Array | null> {
  const answer = await fetch(new URL(`/${path}/${file}`, system.url));
  return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
}

const trust = (...witnesses: readonly TestWitness[]): TrustOptions => ({
  verifierKey,
  witnesses: witnesses.map(({ verifierKey }) => verifierKey),
});

/** Makes an event, and waits until the log has it and these witnesses, all of them, have cosigned it. */
async function logAnEvent(...witnesses: readonly TestWitness[]): Promise<bigint> {
  await officer.client.audit.search({ limit: 1 }, { purpose: 'HOPERAT' });
  await untilLogged(system);
  const verdict = () => verifyLog({ read, ...trust(...witnesses) });
  await expect.poll(verdict, { interval: 200 }).toMatchObject({ ok: true });
  const last = await verdict();
  if (!last.ok) throw new Error(last.fault);
  return last.checkpoint.size;
}

const codes = () =>
  system.printed.flatMap((line) => /"code":"(witness_[a-z_]+)","error":"([^"]+)"/.exec(line)?.slice(1) ?? []);

describe('witnesses', () => {
  it('cosign what is published, and the checkpoint carries it, and so does every proof', async () => {
    await logAnEvent(first, second);
    const [event] = await trail(system, `type = 'audit_event.search'`);
    const { leaf, proof } = await officer.client.audit.proof(
      { eventId: event?.id ?? '' },
      { purpose: 'HOPERAT' },
    );
    // Asking for it is an event: the checkpoint may be a newer one that is not cosigned yet.
    const verdict = await verifyTlogProof({
      ...trust(first, second),
      proof: new TextEncoder().encode(proof),
      entry: new TextEncoder().encode(leaf),
    });
    expect(verdict).toMatchObject({
      ok: true,
      cosignatures: [{ name: 'witness.example/first' }, { name: 'witness.example/second' }],
    });
    expect(codes()).toEqual([]);
  });

  it('have each seen one growing tree, in proofs that they have checked', async () => {
    const before = await logAnEvent(first, second);
    const after = await logAnEvent(first, second);
    expect(after).toBeGreaterThan(before);
    for (const { seen } of [first, second]) expect(seen.get(`${LOG_ORIGIN}/${path}`)?.size).toBe(after);
    expect(new Set([...first.answers, ...second.answers])).toEqual(new Set([200]));
  });

  it('are asked from where they are by a Worker that has forgotten it', async () => {
    await logAnEvent(first, second);
    await system.restartWorker();
    const before = first.answers.length;
    await logAnEvent(first, second);
    expect(first.answers.slice(before, before + 2)).toEqual([409, 200]);
  });
});

describe('a witness that', () => {
  it.each([
    ['is down', 'down', 'witness_unavailable'],
    ['fails', 'failing', 'witness_unavailable'],
    ['never answers', 'slow', 'witness_unavailable'],
    ['redirects', 'redirecting', 'witness_refused'],
    ['says no end', 'endless', 'witness_answer_malformed'],
    ['signs another root', 'signing another root', 'witness_answer_malformed'],
    ['never agrees on a size', 'always of another size', 'witness_size_differs'],
  ] as const)('%s stops nothing and adds nothing', async (_, conduct, code) => {
    // A fresh Worker leaves nobody in peace for what they did before.
    await system.restartWorker();
    second.conduct = conduct;
    const told = codes().length;
    await logAnEvent(first);
    expect(codes().slice(told)).toContain(code);
    const note = new TextDecoder().decode((await read('checkpoint')) ?? undefined);
    expect(note).toContain('— witness.example/first ');
    expect(note).not.toContain('— witness.example/second ');
    expect(await verifyLog({ read, ...trust(first, second) })).toMatchObject({ fault: 'quorum_not_met' });
    expect(await verifyLog({ read, ...trust(first, second), quorum: 1 })).toMatchObject({ ok: true });
  });

  it('was down is asked again by and by, though nothing else happens, and is in the checkpoint then', async () => {
    await system.restartWorker();
    second.conduct = 'down';
    const size = await logAnEvent(first);
    second.conduct = 'honest';
    await expect
      .poll(() => verifyLog({ read, ...trust(first, second) }), { interval: 500 })
      .toMatchObject({ ok: true, checkpoint: { size } });
  }, 60_000);

  it('has seen another log under this name does not cosign, and the operator is told', async () => {
    await system.restartWorker();
    const origin = `${LOG_ORIGIN}/${path}`;
    const known = second.seen.get(origin);
    second.seen.set(origin, { size: known?.size ?? 0n, root: 'A'.repeat(43) });
    const told = codes().length;
    await logAnEvent(first);
    expect(codes().slice(told)).toContain('witness_saw_another_log');
    expect(second.answers.at(-1)).toBe(422);
    second.seen.set(origin, { size: known?.size ?? 0n, root: known?.root ?? '' });
  });
});
