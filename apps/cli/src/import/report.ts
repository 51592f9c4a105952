// What became of an import, in counts, and in places where something is left to do. No value of a patient is in it.
import type { Skip } from './plan.ts';
import type { Outcome } from './store.ts';

interface Place {
  readonly file: string;
  readonly location: string;
}

export interface ImportReport {
  readonly files: number;
  readonly malformed: readonly (Place & { readonly fault: string })[];
  readonly created: number;
  readonly present: number;
  readonly updated: number;
  readonly differs: readonly (Place & { readonly fields: readonly string[] })[];
  readonly notVisible: readonly Place[];
  readonly failed: readonly (Place & { readonly code: string })[];
  readonly skipped: readonly (Place & { readonly reason: Skip })[];
  /** Parts of the stored patients that Salus has no field for, or that are old or not valid. */
  readonly notes: number;
  /** Resources that are not patients. */
  readonly otherResources: number;
  /** Patients that were not tried, because the import had to stop. */
  readonly notTried: number;
}

export function outcomesOf(
  outcomes: readonly (Place & { readonly outcome: Outcome })[],
): Pick<ImportReport, 'created' | 'present' | 'updated' | 'differs' | 'notVisible' | 'failed'> {
  const count = (kind: Outcome['kind']) => outcomes.filter(({ outcome }) => outcome.kind === kind).length;
  return {
    created: count('created'),
    present: count('present'),
    updated: count('updated'),
    differs: outcomes.flatMap(({ file, location, outcome }) =>
      outcome.kind === 'differs' ? [{ file, location, fields: outcome.fields }] : [],
    ),
    notVisible: outcomes.flatMap(({ file, location, outcome }) =>
      outcome.kind === 'not_visible' ? [{ file, location }] : [],
    ),
    failed: outcomes.flatMap(({ file, location, outcome }) =>
      outcome.kind === 'failed' ? [{ file, location, code: outcome.code }] : [],
    ),
  };
}

/** Whether everything was read, and every patient that Salus can keep was tried and taken. */
export function isComplete({ malformed, failed, notTried }: ImportReport): boolean {
  return malformed.length === 0 && failed.length === 0 && notTried === 0;
}

export function sentences(report: ImportReport): string {
  const reasons = Map.groupBy(report.skipped, ({ reason }) => reason);
  const at = ({ file, location }: Place) => `${file}: ${location}`;
  return [
    `created ${report.created}, present ${report.present}, updated ${report.updated}, ` +
      `differs ${report.differs.length}, skipped ${report.skipped.length}, failed ${report.failed.length}`,
    ...[...reasons].map(([reason, of]) => `  skipped, ${words(reason)}: ${of.length}`),
    ...(report.notes > 0 ? [`  parts that Salus does not keep: ${report.notes}`] : []),
    ...(report.otherResources > 0 ? [`  resources that are not patients: ${report.otherResources}`] : []),
    ...(report.notTried > 0 ? [`  not tried: ${report.notTried}`] : []),
    ...report.differs.map((one) => `differs    ${at(one)} (${one.fields.join(', ')})`),
    ...(reasons.get('mrn_repeated') ?? []).map((one) => `repeated   ${at(one)}`),
    ...report.notVisible.map((one) => `not yours  ${at(one)}`),
    ...report.failed.map((one) => `failed     ${at(one)} (${words(one.code)})`),
    ...report.malformed.map((one) => `malformed  ${at(one)} (${words(one.fault)})`),
  ].join('\n');
}

function words(code: string): string {
  return code.replaceAll('_', ' ');
}
