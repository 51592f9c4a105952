// Two ways to do the same work, in turns within one run, so that whatever else the machine does meets both. A turn is as
// many calls as take long enough to be timed.

/** How long one turn of so many calls was, in microseconds. */
export type Turn = (side: 'bare' | 'salus', calls: number) => Promise<number>;

/** Microseconds a call, one number a round. */
export interface Rounds {
  readonly bare: readonly number[];
  readonly salus: readonly number[];
}

export async function interleave(turn: Turn, rounds: number, milliseconds: number): Promise<Rounds> {
  const calls = {
    bare: await callsWithin((count) => turn('bare', count), milliseconds),
    salus: await callsWithin((count) => turn('salus', count), milliseconds),
  };
  const timed = async (side: 'bare' | 'salus') => (await turn(side, calls[side])) / calls[side];
  const bare: number[] = [];
  const salus: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes, so that neither always finds what the other left behind.
    if (round % 2 === 0) bare.push(await timed('bare'));
    salus.push(await timed('salus'));
    if (round % 2 === 1) bare.push(await timed('bare'));
  }
  return { bare, salus };
}

/** Warms up, and finds how many calls fill the time: the faster of two turns, because one may have met a pause. */
async function callsWithin(turn: (calls: number) => Promise<number>, milliseconds: number): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const taken = Math.min(await turn(calls), await turn(calls)) / 1000;
    if (taken >= milliseconds) return Math.max(1, Math.round((calls * milliseconds) / taken));
  }
}
