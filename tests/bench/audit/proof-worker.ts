// Runs in workerd: makes proofs from a published log in object storage, as audit.proof does.
import { makeTlogProof, tileMemory } from '@salus/audit/log';

interface Env {
  readonly LOG: { get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null> };
}

const memory = tileMemory()('log');

export default {
  /** The proofs of these positions, one after another, and how many milliseconds all of them took. */
  async fetch(request: Request, { LOG }: Env): Promise<Response> {
    const { verifierKey, indexes } = (await request.json()) as { verifierKey: string; indexes: number[] }; // of proof.ts
    const read = async (path: string) => {
      const object = await LOG.get(path);
      return object && new Uint8Array(await object.arrayBuffer());
    };
    const proofs: string[] = [];
    const started = performance.now();
    for (const index of indexes) {
      proofs.push(new TextDecoder().decode(await makeTlogProof({ read, verifierKey, index, memory })));
    }
    return Response.json({ proofs, milliseconds: performance.now() - started });
  },
};
