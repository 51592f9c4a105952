// For tests: the Merkle tree of RFC 6962 §2.1, word for word and with no regard to speed. It shares nothing with what it is
// compared to.

export class TestTree {
  readonly #leaves: readonly Uint8Array[];
  readonly #known = new Map<string, Promise<Uint8Array>>();

  constructor(leaves: readonly Uint8Array[]) {
    this.#leaves = leaves;
  }

  /** MTH(D[from:to]) */
  root(to: number, from = 0): Promise<Uint8Array> {
    const known = this.#known.get(`${from}:${to}`) ?? this.#compute(from, to);
    this.#known.set(`${from}:${to}`, known);
    return known;
  }

  /** PATH(index, D[from:to]) */
  async path(index: number, to: number, from = 0): Promise<Uint8Array[]> {
    if (to - from === 1) return [];
    const k = split(to - from);
    return index < k
      ? [...(await this.path(index, from + k, from)), await this.root(to, from + k)]
      : [...(await this.path(index - k, to, from + k)), await this.root(from + k, from)];
  }

  /** PROOF(first, D[0:size]) */
  consistency(first: number, size: number): Promise<Uint8Array[]> {
    return this.#subproof(first, 0, size, true);
  }

  async #subproof(first: number, from: number, to: number, isWhole: boolean): Promise<Uint8Array[]> {
    const size = to - from;
    if (first === size) return isWhole ? [] : [await this.root(to, from)];
    const k = split(size);
    return first <= k
      ? [...(await this.#subproof(first, from, from + k, isWhole)), await this.root(to, from + k)]
      : [...(await this.#subproof(first - k, from + k, to, false)), await this.root(from + k, from)];
  }

  async #compute(from: number, to: number): Promise<Uint8Array> {
    const [leaf] = this.#leaves.slice(from, to);
    if (leaf === undefined) return sha256([]);
    if (to - from === 1) return sha256([0, ...leaf]);
    const k = split(to - from);
    return sha256([1, ...(await this.root(from + k, from)), ...(await this.root(to, from + k))]);
  }
}

/** A tree of that many leaves, all different. */
export function testTree(size: number): { tree: TestTree; leaves: Uint8Array[] } {
  const leaves = Array.from({ length: size }, (_, index) => new TextEncoder().encode(`leaf ${index}`));
  return { tree: new TestTree(leaves), leaves };
}

/** The largest power of two smaller than n. */
function split(n: number): number {
  return 2 ** (Math.ceil(Math.log2(n)) - 1);
}

async function sha256(bytes: number[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)));
}
