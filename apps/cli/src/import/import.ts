// `salus import`: patients from FHIR bundles, through the API, as the account that signs in: its role decides what it may
// store, and the trail says that it did.
import type { SalusClient, SalusErrorCode } from '@salus/client';
import type { PurposeOfUse } from '@salus/schema';
import { progress } from '../terminal/progress.ts';
import { readBundleFile } from './bundle-file.ts';
import { type Candidate, planOf } from './plan.ts';
import { type ImportReport, outcomesOf } from './report.ts';
import { type Outcome, store } from './store.ts';

export interface ImportOptions {
  readonly files: readonly string[];
  readonly update: boolean;
  readonly purpose: PurposeOfUse;
  /** Called when there is something to store. */
  readonly signIn: () => Promise<SalusClient>;
}

/** Calls under way at a time. */
const AT_ONCE = 4;

/** After one of these every other patient would fail as well. */
const FINAL: readonly SalusErrorCode[] = [
  ...(['token_missing', 'token_invalid', 'session_ended', 'signed_out', 'step_up_required'] as const),
  ...([
    'role_not_permitted',
    'purpose_not_permitted',
    'transport_insecure',
    'network',
    'unavailable',
  ] as const),
];

/** @throws UsageError, CommandError when nobody could be signed in */
export async function importFiles({ files, update, purpose, signIn }: ImportOptions): Promise<ImportReport> {
  const now = Date.now();
  const read = [];
  for (const file of files) read.push(await readBundleFile(file, now));
  const sound = read.flatMap((file) => ('found' in file ? [file] : []));
  const plan = planOf(sound.flatMap(({ found }) => found));
  const outcomes =
    plan.candidates.length > 0
      ? await storeAll(plan.candidates, { patients: (await signIn()).patients, purpose, update })
      : [];
  return {
    files: files.length,
    malformed: read.flatMap((file) => ('fault' in file ? [file] : [])),
    ...outcomesOf(outcomes),
    skipped: plan.skipped,
    notes: plan.notes,
    otherResources: sound.reduce((sum, { others }) => sum + others, 0),
    notTried: plan.candidates.length - outcomes.length,
  };
}

async function storeAll(
  candidates: readonly Candidate[],
  options: Parameters<typeof store>[1],
): Promise<(Candidate & { outcome: Outcome })[]> {
  const outcomes: (Candidate & { outcome: Outcome })[] = [];
  const rest = candidates.values();
  const bar = progress('patients');
  let stopped = false;
  const work = async () => {
    for (const candidate of rest) {
      const outcome = await store(candidate.patient, options);
      outcomes.push({ ...candidate, outcome });
      bar.show(outcomes.length, candidates.length);
      if (outcome.kind === 'failed' && FINAL.includes(outcome.code)) stopped = true;
      if (stopped) return;
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return outcomes;
  } finally {
    bar.end();
  }
}
