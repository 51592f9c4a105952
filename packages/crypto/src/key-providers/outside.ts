// What a key provider asks of the world around it: the network, the clock and chance, so that a test can hold them still.
import { randomBytes } from '../random.ts';

export interface Outside {
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** A signal that aborts by itself after this many milliseconds. */
  deadline(milliseconds: number): AbortSignal;
  /** From 0 to 1. Spreads retries; no secret hangs on it. */
  random(): number;
}

export const outside: Outside = {
  fetch: (url, init) => fetch(url, init),
  now: Date.now,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  deadline: (milliseconds) => AbortSignal.timeout(milliseconds),
  random: () => (randomBytes(1)[0] ?? 0) / 255,
};
