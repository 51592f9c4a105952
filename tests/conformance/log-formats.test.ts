// sigstore-js reads what we publish: the checkpoint as the Worker serves it, and a proof as the API gives it. It was written
// by others for other logs of the same formats.
import { createHash, createPublicKey } from 'node:crypto';
import { verifyCheckpoint } from '@sigstore/verify/dist/tlog/checkpoint.js';
import { verifyMerkleInclusion } from '@sigstore/verify/dist/tlog/merkle.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOG_ORIGIN, LOG_SEED, type SignedIn, type System, startSystem } from '../harness/system.ts';
import { sweep, trail, untilLogged } from '../harness/trail.ts';
import { publicKeyOfSeed } from '../harness/witness.ts';

type Entry = Parameters<typeof verifyCheckpoint>[0];
type Authority = Parameters<typeof verifyCheckpoint>[1][number];

let system: System;
let officer: SignedIn;
let origin: string;

beforeAll(async () => {
  system = await startSystem();
  officer = await system.signedIn('privacy_officer');
  await system.owner.query(
    `insert into salus.audit_events (organization_id, kind, type, outcome, request_id)
     select $1, 'phi_access', 'patient.read', 'success', gen_random_uuid() from generate_series(1, 300)`,
    [system.organizationId],
  );
  await sweep(system);
  await untilLogged(system);
  origin = `${LOG_ORIGIN}/log/${system.organizationId}/${new Date().getUTCFullYear()}`;
});
afterAll(() => system?.stop());

/** A log as sigstore-js knows one. */
function authority(seed: Uint8Array = LOG_SEED): Authority {
  const raw = publicKeyOfSeed(seed);
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') },
    format: 'jwk',
  });
  const logID = createHash('sha256').update(`${origin}\n`).update(Buffer.of(1)).update(raw).digest();
  const always = { start: new Date(0), end: new Date(8.64e15) };
  return { logID, baseURL: origin, publicKey, validFor: always };
}

/** A proof of ours as sigstore-js takes one: read by hand, line by line. */
async function entryOf(eventId: string): Promise<Entry> {
  const { leaf, proof } = await officer.client.audit.proof({ eventId }, { purpose: 'HOPERAT' });
  const end = proof.indexOf('\n\n');
  const [, index = '', ...path] = proof.slice(0, end).split('\n');
  const envelope = proof.slice(end + 2);
  const [, treeSize = '', root = ''] = envelope.split('\n');
  const entry = {
    canonicalizedBody: Buffer.from(leaf),
    inclusionProof: {
      logIndex: index.replace('index ', ''),
      treeSize,
      rootHash: Buffer.from(root, 'base64'),
      hashes: path.map((hash) => Buffer.from(hash, 'base64')),
      checkpoint: { envelope },
    },
  };
  return entry as unknown as Entry; // what else a sigstore entry has, these two functions do not look at
}

describe('sigstore-js', () => {
  it('accepts our checkpoint and the proof of an event in it', async () => {
    for (const { id } of (await trail(system, `type = 'patient.read'`))
      .slice(0, 300)
      .filter((_, at) => at % 60 === 0)) {
      const entry = await entryOf(id);
      const checkpoint = verifyCheckpoint(entry, [authority()]);
      expect(checkpoint.origin).toBe(origin);
      expect(checkpoint.logSize).toBeGreaterThan(300n);
      expect(() => verifyMerkleInclusion(entry, checkpoint)).not.toThrow();
    }
  });

  it('refuses them when the key, the size or the event is another', async () => {
    const [event] = await trail(system, `type = 'patient.read'`);
    const entry = await entryOf(event?.id ?? '');
    const checkpoint = verifyCheckpoint(entry, [authority()]);
    expect(() => verifyCheckpoint(entry, [authority(new Uint8Array(32).fill(9))])).toThrow();
    const { envelope } = entry.inclusionProof.checkpoint;
    const larger = {
      ...entry.inclusionProof,
      checkpoint: { envelope: envelope.replace(/\n(\d+)\n/, '\n1$1\n') },
    };
    expect(() => verifyCheckpoint({ ...entry, inclusionProof: larger }, [authority()])).toThrow();
    const another = { ...entry, canonicalizedBody: Buffer.from('{}') };
    expect(() => verifyMerkleInclusion(another, checkpoint)).toThrow();
  });
});

it('the files are served as tlog-tiles says: what never changes for ever, the checkpoint for no time, and no partial tile of 256', async () => {
  const path = new URL(`https://${origin}`).pathname;
  const served = async (file: string) => {
    const { status, headers } = await fetch(new URL(`${path}/${file}`, system.url));
    return [status, headers.get('content-type'), headers.get('cache-control')];
  };
  const immutable = [200, 'application/octet-stream', 'public, max-age=31536000, immutable'];
  expect(await served('checkpoint')).toEqual([200, 'text/plain; charset=utf-8', 'no-store']);
  expect(await served('tile/0/000')).toEqual(immutable);
  expect(await served('tile/entries/000')).toEqual(immutable);
  for (const file of ['tile/0/000.p/256', 'tile/0/x000/000', 'tile/0/0', 'tile/00/000', 'tile/0/000.p/0'])
    expect((await served(file))[0], file).toBe(404);
  // What is not there yet may be, later.
  expect((await served('tile/0/999'))[2]).toBe('no-store');
});
