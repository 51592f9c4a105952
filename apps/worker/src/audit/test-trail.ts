// For tests: events in the trail of a real PostgreSQL (tests/worker-database.ts), put there by its owner.
import { type AuditRow, auditRow } from '@salus/audit';
import { inject } from 'vitest';

/** Values as text, as Neon's driver asks for them. */
type Row = Record<string, string | null>;

/** Runs a statement as the database's superuser. */
export async function asOwner(query: string, params: readonly unknown[] = []): Promise<Row[]> {
  const { endpoint, ownerUrl } = inject('database');
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'neon-connection-string': ownerUrl,
      'neon-raw-text-output': 'true',
    },
    body: JSON.stringify({ query, params }),
  });
  const { rows, message }: { rows?: Row[]; message?: string } = await response.json();
  if (!rows) throw new Error(message);
  return rows;
}

export async function newOrganization(): Promise<string> {
  const id = crypto.randomUUID();
  await asOwner('insert into salus.organizations (id, name) values ($1, $2)', [id, `clinic ${id}`]);
  return id;
}

export interface TestEvent {
  /** PostgreSQL's own words. */
  readonly recordedAt?: string;
  /** JSON text. */
  readonly changes?: string;
  readonly details?: string;
}

/** Records events as they would have been, and gives them out as the database does. */
export async function recordEvents(organization: string, events: readonly TestEvent[]): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  for (const { recordedAt = 'now', changes = null, details = null } of events) {
    const [row] = await asOwner(
      `insert into salus.audit_events as e (organization_id, recorded_at, kind, type, outcome, request_id, origin, changes, details)
       values ($1, $2::timestamptz, 'phi_access', 'patient.read', 'success', gen_random_uuid(), '\\x010203', $3::jsonb, $4::jsonb)
       returning salus.audit_row(e) as event`,
      [organization, recordedAt, changes, details],
    );
    rows.push(auditRow.parse(JSON.parse(row?.event ?? 'null')));
  }
  return rows;
}

/** Where the database says that the events of an organization are. */
export async function recordedLeaves(organization: string): Promise<Map<string, string>> {
  const rows = await asOwner(
    `select event_id, year || '/' || index as place from salus.audit_leaves where organization_id = $1`,
    [organization],
  );
  return new Map(rows.map(({ event_id, place }) => [String(event_id), String(place)]));
}
