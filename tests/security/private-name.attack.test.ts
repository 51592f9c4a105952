// API-21: a name that is public to look at and resolves to a private address. Nobody who looks it up beforehand can know what
// it will resolve to next; workerd refuses at the moment it connects, when its network is the public one. Miniflare widens
// that network for developers, so workerd is started here by itself.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../harness/loopback.ts';

const ofMiniflare = createRequire(createRequire(import.meta.url).resolve('miniflare'));
const WORKERD = join(dirname(ofMiniflare.resolve('workerd')), '../bin/workerd');

const asked: string[] = [];
let inside: Server;
let url: string;
let directory: string;
beforeAll(async () => {
  inside = createServer((request, response) => {
    asked.push(request.headers.host ?? '');
    response.end('inside');
  });
  url = `http://localhost:${await listenOnLoopback(inside)}/`;
  directory = await mkdtemp(join(tmpdir(), 'salus-workerd-'));
  await writeFile(join(directory, 'worker.js'), WORKER);
});
afterAll(async () => {
  inside.close();
  await rm(directory, { recursive: true });
});

const WORKER = `export default {
  async fetch(request) {
    try {
      return new Response(await (await fetch(request.headers.get('to'))).text());
    } catch (error) {
      return new Response('refused: ' + error.message);
    }
  },
};`;

/** @param allow classes of addresses; null for what workerd does by itself */
const configuration = (allow: string | null) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-10-01",
      compatibilityFlags = ["global_fetch_strictly_public"],
    )),
    ${allow === null ? '' : `(name = "internet", network = (allow = ["${allow}"])),`}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`;

/** What a Worker gets from the URL. */
async function answer(allow: string | null): Promise<string> {
  const file = join(directory, `${allow ?? 'default'}.capnp`);
  await writeFile(file, configuration(allow));
  const child = spawn(WORKERD, ['serve', '--control-fd=3', file], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  try {
    const port = await listeningPort(child.stdio[3] as Readable); // a pipe, as asked for
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { to: url } });
    return await response.text();
  } finally {
    child.kill();
  }
}

async function listeningPort(control: Readable): Promise<number> {
  let text = '';
  for await (const chunk of control) {
    text += String(chunk);
    const [, port] = /"port":(\d+)/.exec(text) ?? [];
    if (port !== undefined) return Number(port);
  }
  throw new Error('workerd did not start');
}

describe('a name that resolves to this machine', () => {
  it('is reached when the network includes it, so that the next test is one', async () => {
    expect(await answer('private')).toBe('inside');
    expect(asked).toHaveLength(1);
  });

  it.each([null, 'public'])(
    'is refused by workerd when its network is the public one (%s)',
    async (allow) => {
      expect(await answer(allow)).toMatch(/^refused/);
      expect(asked).toHaveLength(1);
    },
  );
});
