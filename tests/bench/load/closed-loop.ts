// Load as a number of callers make it who each wait for an answer before they ask again.
import { type Connection, openConnection } from './http.ts';

/** One piece of work, of one or more requests. @param caller from 0 @param turn of this caller, from 0 */
export type Work = (connection: Connection, caller: number, turn: number) => Promise<void>;

export interface Sample {
  readonly calls: number;
  readonly seconds: number;
  /** Milliseconds, one a call. */
  readonly latencies: readonly number[];
}

export interface Load {
  readonly url: string;
  readonly work: Work;
  readonly callers: number;
  readonly seconds: number;
  /** An earlier end. */
  readonly until?: () => boolean;
}

/** @throws the first error of any caller: a figure with failures in it would be of something else */
export async function closedLoop({ url, work, callers, seconds, until }: Load): Promise<Sample> {
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + 1000 * seconds;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      const connection = openConnection(url);
      try {
        for (let turn = 0; turn === 0 || (performance.now() < end && !until?.()); turn++) {
          const began = performance.now();
          await work(connection, caller, turn);
          latencies.push(performance.now() - began);
        }
      } finally {
        connection.close();
      }
    }),
  );
  return { calls: latencies.length, seconds: (performance.now() - started) / 1000, latencies };
}
