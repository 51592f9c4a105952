// What is said of a log that was looked at: a line for a person, an object for a program. Names places and events, never a
// value.
import type { Cosignature, DeletionVerdict, LogVerdict } from '@salus/audit/log';
import { done } from '../terminal/style.ts';
import type { DatabaseComparison, DatabaseFinding } from './against-database.ts';

export type AnyVerdict = LogVerdict | DeletionVerdict;

/** The log itself verifies, and a database does not say what it says. */
export interface Findings {
  readonly verdict: AnyVerdict;
  readonly database?: DatabaseComparison | undefined;
}

export function plain({ verdict, database }: Findings) {
  if ('fault' in verdict) {
    const index = 'index' in verdict ? verdict.index : undefined;
    return { ok: false, fault: verdict.fault, path: verdict.path, ...(index !== undefined && { index }) };
  }
  const { origin, size, root } = verdict.checkpoint;
  const checkpoint = { origin, size: Number(size), root: Buffer.from(root).toString('base64') };
  if (!('ok' in verdict)) {
    const { firstRecordedAt, lastRecordedAt, rule, reason, ...decision } = verdict.certificate;
    const { decidedBy, decidedAt, requestId } = decision;
    const certificate = { firstRecordedAt, lastRecordedAt, rule, reason, decidedBy, decidedAt, requestId };
    return { ok: false, deleted: true, ...checkpoint, certificate };
  }
  const cosignatures = verdict.cosignatures.map((cosignature) => ({
    witness: cosignature.name,
    time: timeOf(cosignature),
  }));
  if (!database) return { ok: true, ...checkpoint, cosignatures };
  const { first, faults, ...counts } = database;
  if (first) return { ok: false, ...first, faults, ...checkpoint, cosignatures, database: counts };
  return { ok: true, ...checkpoint, cosignatures, database: counts };
}

export function sentence({ verdict, database }: Findings): string {
  if ('fault' in verdict) {
    const index = 'index' in verdict && verdict.index !== undefined ? ` from entry ${verdict.index} on` : '';
    return `${words(verdict.fault)}${index} (${verdict.path})`;
  }
  const { origin, size, root } = verdict.checkpoint;
  const checkpoint = `${origin}: ${size} entries, root ${Buffer.from(root).toString('base64')}`;
  if (!('ok' in verdict)) {
    const { decidedAt, rule } = verdict.certificate;
    return `${checkpoint}\ndeleted: decided ${decidedAt}, to be kept for ${rule.years} years (${rule.basis}); the certificate is valid`;
  }
  const cosigned = verdict.cosignatures.map(
    (cosignature) => `cosigned by ${cosignature.name} at ${timeOf(cosignature)}`,
  );
  if (database?.first) return findingIn(database.first, database.faults);
  const compared = database
    ? [`${database.rows} rows of the database are as the log says, ${database.later} are younger`]
    : [];
  return done([checkpoint, ...cosigned, ...compared].join('\n'));
}

function findingIn({ fault, index, eventId }: DatabaseFinding, faults: number): string {
  const place = index === undefined ? '' : `, entry ${index}`;
  const event = eventId === undefined ? '' : `, event ${eventId}`;
  return `${words(fault)}${place}${event}${faults > 1 ? `, the first of ${faults}` : ''}`;
}

function words(fault: string): string {
  return fault.replaceAll('_', ' ');
}

/** ISO 8601; seconds past what a date can say as they are. */
function timeOf({ timestamp }: Cosignature): string {
  const date = new Date(Number(timestamp) * 1000);
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString().replace('.000Z', 'Z');
}
