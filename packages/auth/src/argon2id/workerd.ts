// argon2id in a Worker. Its modules are imported, because workerd compiles no WebAssembly at run time. One instance serves
// the isolate: it takes 65 MB, of the 128 MB that there are.
/// <reference path="./wasm.d.ts" />

import withoutSimd from 'argon2id/dist/no-simd.wasm';
import simd from 'argon2id/dist/simd.wasm';
import setupWasm from 'argon2id/lib/setup.js';
import type { Argon2id } from './argon2id.ts';

let instance: Promise<Argon2id> | undefined;

/**
 * The isolate's one instance, however many ask for it at once. A call that failed, for want of memory, leaves nothing
 * behind: the next one tries again.
 */
export function argon2id(): Promise<Argon2id> {
  instance ??= setupWasm(instantiate(simd), instantiate(withoutSimd)).catch((error: unknown) => {
    instance = undefined;
    throw error;
  });
  return instance;
}

/**
 * At once, not in a promise of the runtime's: nothing of this is pending when another request gets its turn, so none waits
 * for what a request that was cancelled had begun.
 */
function instantiate(module: WebAssembly.Module) {
  return (imports: WebAssembly.Imports) => ({ module, instance: new WebAssembly.Instance(module, imports) });
}
