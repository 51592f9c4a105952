// The third capability: a value whose disclosure stands in the audit trail, committed. Repositories make it, and a PHI
// procedure can answer with nothing else (DESIGN.md, invariant 1).

const MINT = Symbol('mint');

export class Disclosed<T> {
  readonly #value: T;

  constructor(mint: typeof MINT, value: T) {
    if (mint !== MINT) throw new TypeError('only a repository discloses');
    this.#value = value;
  }

  /** What is made of a disclosed value, and of nothing else, is disclosed with it. */
  async derive<U>(work: (value: T) => Promise<U>): Promise<Disclosed<U>> {
    return disclose(await work(this.#value));
  }

  /** Takes the value out, to send it to whom it was disclosed. */
  reveal(): T {
    return this.#value;
  }
}

/** For repositories alone: the package does not export it. */
export function disclose<T>(value: T): Disclosed<T> {
  return new Disclosed(MINT, value);
}
