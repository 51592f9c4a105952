// The hashes of one bundle: the piece of a verification that needs nothing of the pieces beside it.
import { decodeBundle } from './bundle.ts';
import { hashLeaves, rowRoot, type Sha256 } from './merkle-hash.ts';

export interface BundleHashes {
  /** Of its entries, in their order, 32 bytes each. */
  readonly leaves: readonly Uint8Array[];
  /** Over them. */
  readonly root: Uint8Array;
}

/** @throws LogError `bundle_malformed` when it does not hold exactly `width` entries */
export type HashBundle = (bundle: Uint8Array, width: number) => Promise<BundleHashes>;

export function bundleHasher(sha256: Sha256): HashBundle {
  return async (bundle, width) => {
    const leaves = await hashLeaves(decodeBundle(bundle, width), sha256);
    return { leaves, root: await rowRoot(leaves, sha256) };
  };
}
