// What the operator is told: one line of JSON with codes and names. Nothing that a caller, a record or an error said.
import { nameOf, type Problem } from '@salus/api';

export function report(requestId: string | null, { code, error }: Problem): void {
  // biome-ignore lint/suspicious/noConsole: the Worker's one way to its operational log
  console.error(JSON.stringify({ requestId, code, error }));
}

export function problemOf(code: string, thrown: unknown): Problem {
  return { code, error: nameOf(thrown) };
}
