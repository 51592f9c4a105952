// argon2id in a Worker. Its modules are imported, because workerd compiles no WebAssembly at run time. One instance serves
// the isolate: it takes 65 MB, of the 128 MB that there are.
/// <reference path="./wasm.d.ts" />

import withoutSimd from 'argon2id/dist/no-simd.wasm';
import simd from 'argon2id/dist/simd.wasm';
import setupWasm from 'argon2id/lib/setup.js';
import type { Argon2id } from './argon2id.ts';

let instance: Argon2id | undefined;

export async function argon2id(): Promise<Argon2id> {
  // Awaiting nothing that is I/O, two first calls at once make two instances, of which one is kept.
  instance ??= await setupWasm(instantiate(simd), instantiate(withoutSimd));
  return instance;
}

function instantiate(module: WebAssembly.Module) {
  return async (imports: WebAssembly.Imports) => ({
    module,
    instance: await WebAssembly.instantiate(module, imports),
  });
}
