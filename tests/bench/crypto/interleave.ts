// Two ways to do the same work, in turns within one run, so that whatever else the machine does meets both. The clock of
// workerd has a resolution of one millisecond: a turn is as many calls as take long enough for that not to matter.

export interface Pair {
  /** A bare call of Web Crypto, or as many as the work needs. */
  readonly bare: (calls: number) => Promise<unknown>;
  readonly salus: (calls: number) => Promise<unknown>;
}

/** Microseconds a call, one number a round. */
export interface Rounds {
  readonly bare: readonly number[];
  readonly salus: readonly number[];
}

export async function interleave(pair: Pair, rounds: number, milliseconds: number): Promise<Rounds> {
  const calls = {
    bare: await callsWithin(pair.bare, milliseconds),
    salus: await callsWithin(pair.salus, milliseconds),
  };
  const bare: number[] = [];
  const salus: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes, so that neither always finds what the other left behind.
    if (round % 2 === 0) bare.push(await timed(pair.bare, calls.bare));
    salus.push(await timed(pair.salus, calls.salus));
    if (round % 2 === 1) bare.push(await timed(pair.bare, calls.bare));
  }
  return { bare, salus };
}

/** Warms up, and finds how many calls fill the time: the faster of two turns, because one may have met a pause. */
async function callsWithin(work: Pair['bare'], milliseconds: number): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const taken = (Math.min(await timed(work, calls), await timed(work, calls)) * calls) / 1000;
    if (taken >= milliseconds) return Math.max(1, Math.round((calls * milliseconds) / taken));
  }
}

async function timed(work: Pair['bare'], calls: number): Promise<number> {
  const started = performance.now();
  await work(calls);
  return ((performance.now() - started) * 1000) / calls;
}
