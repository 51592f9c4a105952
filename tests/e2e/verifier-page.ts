// The page of the browser's verifier: the log's own module and nothing else, over the log's public files.
import { type LogVerdict, verifyLog } from '@salus/audit/log';

interface Given {
  /** Where the log is, with a slash at its end. */
  readonly url: string;
  readonly verifierKey: string;
  readonly witnesses: readonly string[];
}

type Result =
  | { readonly ok: true; readonly size: number; readonly cosigned: readonly string[] }
  | Exclude<LogVerdict, { ok: true }>;

async function verify({ url, verifierKey, witnesses }: Given): Promise<Result> {
  const verdict = await verifyLog({
    verifierKey,
    witnesses,
    async read(path) {
      const answer = await fetch(new URL(path, url));
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
    },
  });
  if (!verdict.ok) return verdict;
  const { checkpoint, cosignatures } = verdict;
  return { ok: true, size: Number(checkpoint.size), cosigned: cosignatures.map(({ name }) => name) };
}

Object.assign(globalThis, { verify });
