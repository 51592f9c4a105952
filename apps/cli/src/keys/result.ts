// How a job ended: what was done, what is left for a person to look at, which keys nothing hangs under any more.
import { CommandError, UsageError } from '../errors.ts';
import { done } from '../terminal/style.ts';

export interface JobResult {
  readonly what: string;
  readonly done: number;
  readonly failed: number;
  /** Versions of organization keys that were retired by this run. */
  readonly retired: readonly { readonly organization: string; readonly version: number }[];
}

/** @throws CommandError when there were records that did not open */
export function finish(result: JobResult, json: boolean): void {
  if (json) console.log(JSON.stringify(result));
  else {
    console.log(done(`${result.done} ${result.what}`));
    for (const { organization, version } of result.retired) {
      console.log(done(`${organization}: version ${version} is retired`));
    }
  }
  if (result.failed > 0) {
    throw new CommandError(
      `${result.failed} did not open and were left as they are; the trail names each (integrity.failed)`,
    );
  }
}

/** @throws UsageError */
export function batchOf(text: string): number {
  const batch = Number(text);
  if (!Number.isInteger(batch) || batch < 1 || batch > 1000) throw new UsageError('--batch is 1 to 1000');
  return batch;
}
