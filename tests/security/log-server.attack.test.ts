// A verifier comes to its verdict and ends, whatever the server of the log does meanwhile. The command runs as a process of its
// own, because one that has said its verdict and goes on has no exit code.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noteSigner } from '@salus/audit/log';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { publishLog } from '../harness/log-directory.ts';
import { listenOnLoopback } from '../harness/loopback.ts';
import { salus } from '../harness/salus.ts';

/** Bundles of 256: so many that threads hash those at the end. */
const BUNDLES = 72;
/** From 0. */
const MISSING = 60;

let directory: string;
let key: string;
let server: Server;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'salus-log-'));
  const signer = await noteSigner('salus.test/log', new Uint8Array(32).fill(1));
  key = signer.verifierKey;
  const leaves = Array.from({ length: 256 * BUNDLES }, (_, at) => new TextEncoder().encode(`{"at":${at}}`));
  await publishLog(directory, leaves, signer);
});
afterAll(() => rm(directory, { recursive: true }));
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** The number of the bundle that is asked for. */
const bundleOf = (url = '') => Number(/^\/tile\/entries\/(\d+)$/.exec(url)?.[1] ?? -1);

async function verify(answer: RequestListener, ...options: string[]) {
  server = createServer(answer);
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  return salus(['audit', 'verify', url, '--key', key, '--json', ...options]);
}

const serve: RequestListener = async ({ url = '' }, response) => {
  const bytes = await readFile(join(directory, url)).catch(() => null);
  response.writeHead(bytes ? 200 : 404).end(bytes ?? '');
};

it('a log that is served verifies', async () => {
  const run = await verify(serve);
  expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"ok":true') });
});

describe('when a bundle is missing and those behind it', () => {
  const missing = {
    exitCode: 1,
    stdout: expect.stringContaining(`"fault":"bundle_missing","path":"tile/entries/0${MISSING}"`),
  };

  it('come late, when nobody asks for their hashes any more, the verifier ends', async () => {
    const run = await verify((request, response) => {
      const bundle = bundleOf(request.url);
      if (bundle === MISSING) response.writeHead(404).end();
      else setTimeout(() => serve(request, response), bundle > MISSING ? 1_000 : 0);
    });
    expect(run).toMatchObject(missing);
  });

  it('never come, the verifier ends, and keeps a copy of what had come', async () => {
    const copy = join(directory, 'copy');
    const run = await verify(
      (request, response) => {
        const bundle = bundleOf(request.url);
        if (bundle === MISSING) response.writeHead(404).end();
        else if (bundle < MISSING) serve(request, response);
        else response.writeHead(200).write('{');
      },
      '--copy',
      copy,
    );
    expect(run).toMatchObject(missing);
    const kept = await readdir(join(copy, 'tile/entries'));
    expect(kept.toSorted()).toStrictEqual(
      Array.from({ length: MISSING }, (_, at) => String(at).padStart(3, '0')),
    );
    expect(await readdir(copy)).toContain('checkpoint');
  });
});
