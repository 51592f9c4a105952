// Who opened a patient's record, for the patient: what was done with it and what was tried, the newest first. Row security
// shows a patient these events and no others; the names of those who did it are opened for them. Reading it is an event too.
import { type AuditRow, auditRow } from '@salus/audit';
import type { Grant } from '@salus/policy';
import { type Page, type PageRequest, user } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { beginRequest, type Call } from '../call.ts';
import { cursorAfter, type List, positionInCursor } from '../cursor.ts';
import { type Disclosed, disclose } from '../disclosed.ts';
import type { OrganizationKeys } from '../keyring.ts';
import { openUnderOrganization } from '../sealed-record.ts';
import { auditEvents, auditLeaves } from '../tables/audit-event.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../trail.ts';

export interface Access {
  readonly row: AuditRow;
  /** What the actor is called; null when there is no such account any more. */
  readonly actorName: string | null;
  /** Where the event stands in the log of its organization and year; null while it has no leaf. */
  readonly leaf: { readonly year: number; readonly index: number } | null;
}

/** @throws CursorError, DatabaseError, IntegrityError */
export async function readAccessLog(
  call: Call,
  grant: Grant<'audit_event'>,
  type: 'audit_event.list' | 'audit_event.read',
  { cursor, limit }: PageRequest,
): Promise<Disclosed<Page<Access>>> {
  const { organizationId, userId } = grant.subject;
  const keys = await call.keyring.organization(organizationId);
  const list: List = { organizationKey: keys.current, procedure: `access_log ${type}`, userId, filter: '' };
  const before = cursor === undefined ? null : await positionInCursor(list, cursor);
  const origin = await sealOrigin(call, keys.current);
  const { fields } = grant;
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    accessLogStatement({ type, fields, before, limit, origin }),
  ]);
  call.committed(auditRowsOf(answer?.events));
  const rows: readonly Stored[] = Array.isArray(answer?.page) ? answer.page : [];
  const names = await namesOf(keys, answer?.names);
  const items = rows.map(({ row, year, index }): Access => {
    const parsed = auditRow.parse(row);
    const leaf = year === null ? null : { year: Number(year), index: Number(index) };
    return { row: parsed, actorName: names.get(parsed.actorId) ?? null, leaf };
  });
  const last = items.at(-1)?.row;
  return disclose({
    items,
    nextCursor: answer?.more && last ? await cursorAfter(list, `${last.recordedAt} ${last.id}`) : null,
  });
}

/** A row of the page, as JSON. */
interface Stored {
  readonly row: unknown;
  readonly year: unknown;
  readonly index: unknown;
}

interface Reading {
  readonly type: 'audit_event.list' | 'audit_event.read';
  readonly fields: readonly string[];
  readonly before: string | null;
  readonly limit: number;
  readonly origin: SQL;
}

/** One page, the names in it, and its own event: `page`, `names`, `more`, `events`. */
export function accessLogStatement({ type, fields, before, limit, origin }: Reading): SQL {
  const newest = (which: SQL) => sql`
    (select e.* from ${auditEvents} e
      where e.organization_id = (select (salus.context()).organization_id) and ${which} and ${earlier(before)}
      order by e.recorded_at desc, e.id desc limit ${limit + 1}::integer)`;
  const own = sql`(select (salus.context()).patient_id)`;
  return sql`
    with found as materialized (
      ${newest(sql`e.patient_id = ${own}`)}
      union all
      ${newest(sql`e.resource = 'patient' and e.outcome <> 'success' and e.resource_id = ${own} and e.patient_id is null`)}
    ),
    page as (select * from found order by recorded_at desc, id desc limit ${limit}::integer),
    shown as (
      select salus.audit_row(row(e.*)::salus.audit_events) as row, l.year, l.index, e.recorded_at, e.id
        from page e left join ${auditLeaves} l on l.event_id = e.id
    )
    select (select jsonb_agg(jsonb_build_object('row', s.row, 'year', s.year, 'index', s.index)
                             order by s.recorded_at desc, s.id desc) from shown s) as page,
           (select jsonb_agg(jsonb_build_object('id', n.id, 'displayName', n.display_name::text))
              from salus.names_in_access_log(array(select distinct actor_id from page)) n) as names,
           (select count(*) from found)::integer > ${limit}::integer as more,
           ${recordEvents({
             type,
             resource: 'audit_event',
             fields,
             origin,
             outcome: sql`'success'`,
             patientId: own,
             resourceId: own,
             details: sql`jsonb_build_object('count', (select count(*) from page))`,
           })} as events`;
}

function earlier(before: string | null): SQL {
  if (before === null) return sql`true`;
  const [at, id] = before.split(' ');
  return sql`e.recorded_at <= ${at}::timestamptz and (e.recorded_at, e.id) < (${at}::timestamptz, ${id}::uuid)`;
}

async function namesOf(keys: OrganizationKeys, stored: unknown): Promise<Map<unknown, string>> {
  const rows: readonly Readonly<Record<string, unknown>>[] = Array.isArray(stored) ? stored : [];
  const names = rows.map(async (row): Promise<[unknown, string][]> => {
    const { displayName } = await openUnderOrganization(user, ['displayName'], row, keys);
    return displayName === undefined ? [] : [[row.id, user.fields.displayName.schema.parse(displayName)]];
  });
  return new Map((await Promise.all(names)).flat());
}
