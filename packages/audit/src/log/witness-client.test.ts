// The client's side of c2sp.org/tlog-witness against every answer that there is, and those that there should not be.
import { describe, expect, it } from 'vitest';
import { cosignatureVerifier, cosigner } from './cosignature.ts';
import { noteSigner, parseNote, signNote } from './note.ts';
import { addCheckpoint, type Witness } from './witness-client.ts';
import { createWitnesses } from './witnesses.ts';

const log = await noteSigner('example.com/log', new Uint8Array(32).fill(1));
const note = await signNote(`example.com/log\n9\n${'A'.repeat(43)}=\n`, log);
const { text } = parseNote(note);
const key = await cosigner('witness.example', new Uint8Array(32).fill(2));
const stranger = await cosigner('stranger.example', new Uint8Array(32).fill(3));
const witness: Witness = {
  key: await cosignatureVerifier(key.verifierKey),
  url: 'https://witness.example/prefix',
};
const TIME = 1_700_000_000n;
const line = await key.cosign(text, TIME);

type Answer = (url: string, init: RequestInit) => Response | Promise<Response>;

function ask(answer: Answer, { oldSize = 0n, proof = [] as Uint8Array[] } = {}) {
  // The only fetch that there is here: what it is given is what would go out.
  const fetch = (async (url: string, init: RequestInit) => answer(url, init)) as typeof globalThis.fetch;
  return addCheckpoint(witness, { oldSize, proof, note }, { fetch, deadline: 200 });
}

const answering = (status: number, body = '') => ask(() => new Response(body, { status }));

describe('add-checkpoint', () => {
  it('sends old size, proof, an empty line and the checkpoint, and follows no redirect', async () => {
    const proof = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const sent: { url: string; init: RequestInit }[] = [];
    await ask(
      (url, init) => {
        sent.push({ url, init });
        return new Response(`${line}\n`);
      },
      { oldSize: 5n, proof },
    );
    const [{ url, init } = { url: '', init: {} }] = sent;
    expect(url).toBe('https://witness.example/prefix/add-checkpoint');
    expect(init).toMatchObject({ method: 'POST', redirect: 'manual' });
    expect(new TextDecoder().decode(init.body as Uint8Array)).toBe(
      `old 5\n${'AQEB'.repeat(10)}AQE=\n${'AgIC'.repeat(10)}AgI=\n\n${new TextDecoder().decode(note)}`,
    );
  });

  it('takes the cosignature of the witness that it asked, and no other', async () => {
    const strange = await stranger.cosign(text, TIME);
    const cosignature = { name: 'witness.example', timestamp: TIME, line };
    expect(await answering(200, `${line}\n`)).toStrictEqual(cosignature);
    expect(await answering(200, `${strange}\n${line}\n`)).toStrictEqual(cosignature);
    for (const body of [
      '',
      `${line}`,
      `${strange}\n`,
      `${await key.cosign(text.replace('9', '8'), TIME)}\n`,
      `${line}\n\n`,
      '<html></html>\n',
    ]) {
      await expect(answering(200, body)).rejects.toMatchObject({ code: 'witness_answer_malformed' });
    }
  });

  it('learns from 409 what the witness has cosigned', async () => {
    await expect(answering(409, '7\n')).rejects.toMatchObject({ code: 'witness_size_differs', size: 7n });
    for (const body of ['', '7', '07\n', '-1\n', '7\n\n', '1e3\n', `${'9'.repeat(30)}\n`]) {
      await expect(answering(409, body)).rejects.toMatchObject({ code: 'witness_answer_malformed' });
    }
  });

  it.each([
    [400, 'witness_refused'],
    [403, 'witness_refused_signature'],
    [404, 'witness_knows_no_such_log'],
    [422, 'witness_saw_another_log'],
    [429, 'witness_unavailable'],
    [500, 'witness_unavailable'],
    [503, 'witness_unavailable'],
    [204, 'witness_refused'],
    [302, 'witness_refused'],
  ])('calls the answer %d %s', async (status, code) => {
    const init = { status, headers: { location: 'https://elsewhere.example/' } };
    await expect(ask(() => new Response(null, init))).rejects.toMatchObject({ code });
  });

  it('waits no longer than its deadline, and reads no more than an answer can have', async () => {
    await expect(
      ask(
        (_, { signal }) =>
          new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      ),
    ).rejects.toMatchObject({ code: 'witness_unavailable' });
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    await expect(ask(() => new Response(endless))).rejects.toMatchObject({
      code: 'witness_answer_malformed',
    });
    expect(pulled).toBeLessThan(20);
    await expect(ask(() => Promise.reject(new TypeError('no route')))).rejects.toMatchObject({
      code: 'witness_unavailable',
    });
  });
});

describe('collecting', () => {
  /** A witness that keeps its state, and two that fail; what was asked of each, in order. */
  async function three(states: Record<string, Answer>) {
    const asked: string[] = [];
    let now = 1_000_000;
    const fetch = (async (url: string, init: RequestInit) => {
      const host = new URL(url).hostname;
      asked.push(`${host} ${new TextDecoder().decode(init.body as Uint8Array).split('\n')[0]}`);
      return states[host]?.(url, init) ?? new Response(null, { status: 500 });
    }) as typeof globalThis.fetch;
    const list: Witness[] = await Promise.all(
      Object.keys(states).map(async (host, at) => {
        const { verifierKey } = await cosigner(host, new Uint8Array(32).fill(at + 2));
        return { key: await cosignatureVerifier(verifierKey), url: `https://${host}` };
      }),
    );
    const witnesses = createWitnesses(list, { fetch, deadline: 200, now: () => now });
    const collect = (more: Uint8Array = note) =>
      witnesses.collect({ note: more, size: 9, proofFrom: async (size) => [new Uint8Array(32).fill(size)] });
    return {
      asked,
      collect,
      pass: (milliseconds: number) => {
        now += milliseconds;
      },
      now: () => now,
    };
  }

  it('asks all, keeps what came, and asks the others again later, and later each time', async () => {
    const { asked, collect, pass, now } = await three({
      'witness.example': () => new Response(`${line}\n`),
      'down.example': () => new Response(null, { status: 502 }),
    });
    const first = await collect();
    expect(first).toStrictEqual({
      cosignatures: [{ name: 'witness.example', timestamp: TIME, line }],
      faults: [{ witness: 'down.example', code: 'witness_unavailable' }],
      retryAt: now() + 10_000,
    });
    const cosigned = new Uint8Array([...note, ...new TextEncoder().encode(`${line}\n`)]);
    expect(await collect(cosigned)).toStrictEqual({ cosignatures: [], faults: [], retryAt: now() + 10_000 });
    expect(asked).toStrictEqual(['witness.example old 0', 'down.example old 0']);
    for (const pause of [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]) {
      pass(pause);
      await collect(cosigned);
    }
    expect(asked.filter((entry) => entry.startsWith('down'))).toHaveLength(9);
    pass(599_999);
    await collect(cosigned);
    expect(asked.filter((entry) => entry.startsWith('down'))).toHaveLength(9);
  });

  it('sends another proof when the witness has seen another size, and starts there the next time', async () => {
    let size = 4;
    const { asked, collect } = await three({
      'witness.example': (_, { body }) => {
        const old = new TextDecoder().decode(body as Uint8Array).split('\n')[0];
        if (old !== `old ${size}`) return new Response(`${size}\n`, { status: 409 });
        size = 9;
        return new Response(`${line}\n`);
      },
    });
    expect((await collect()).cosignatures).toHaveLength(1);
    expect((await collect()).cosignatures).toHaveLength(1);
    expect(asked).toStrictEqual(['witness.example old 0', 'witness.example old 4', 'witness.example old 9']);
  });

  it('asks no more than twice of one that always says another size, and tells of one that has seen more', async () => {
    let size = 0;
    const { asked, collect, pass } = await three({
      'witness.example': () => new Response(`${++size}\n`, { status: 409 }),
    });
    expect((await collect()).faults).toStrictEqual([
      { witness: 'witness.example', code: 'witness_size_differs' },
    ]);
    expect(asked).toHaveLength(2);
    size = 99;
    pass(10_000);
    expect((await collect()).faults).toStrictEqual([
      { witness: 'witness.example', code: 'witness_saw_another_log' },
    ]);
    expect(asked).toHaveLength(3);
  });
});
