// argon2id in Node, where the command line makes the first accounts.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import setupWasm from 'argon2id/lib/setup.js';
import type { Argon2id } from './argon2id.ts';

const require = createRequire(import.meta.url);

let instance: Promise<Argon2id> | undefined;

/** The process's one instance. */
export function argon2id(): Promise<Argon2id> {
  instance ??= setupWasm(instantiate('simd'), instantiate('no-simd'));
  return instance;
}

function instantiate(name: string) {
  return async (imports: WebAssembly.Imports) =>
    WebAssembly.instantiate(await readFile(require.resolve(`argon2id/dist/${name}.wasm`)), imports);
}
