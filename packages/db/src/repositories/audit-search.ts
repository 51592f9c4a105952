// Reading the trail, which is itself an event. Row security shows it to the privacy officer of the organization alone; the
// caller's address is opened for them, before and after values of records are not.
import type { Grant } from '@salus/policy';
import {
  type AuditSearch,
  auditEvent,
  type DisclosedAuditEvent,
  disclosedAuditEvent,
  type FieldName,
  type Page,
} from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { beginRequest, type Call } from '../call.ts';
import { columnName } from '../columns.ts';
import { cursorAfter, type List, positionInCursor } from '../cursor.ts';
import { type Disclosed, disclose } from '../disclosed.ts';
import type { OrganizationKeys } from '../keyring.ts';
import { openUnderOrganization, selectFields } from '../sealed-record.ts';
import { auditEvents } from '../tables/audit-event.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../trail.ts';

type TrailField = FieldName<typeof auditEvent>;

/** Events of the organization, the newest first. @throws CursorError, DatabaseError, IntegrityError */
export async function searchAuditEvents(
  call: Call,
  grant: Grant<'audit_event'>,
  { cursor, limit, ...query }: AuditSearch,
): Promise<Disclosed<Page<DisclosedAuditEvent>>> {
  const { organizationId, userId } = grant.subject;
  const keys = await call.keyring.organization(organizationId);
  const list: List = {
    organizationKey: keys.current,
    procedure: 'audit_event.search',
    userId,
    filter: JSON.stringify(Object.entries(query).toSorted()),
  };
  const before = cursor === undefined ? null : await positionInCursor(list, cursor);
  const { fields } = grant;
  const origin = await sealOrigin(call, keys.current);

  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    searchStatement({ query, before, limit, fields, origin }),
  ]);
  call.committed(auditRowsOf(answer?.events));
  const rows: readonly Readonly<Record<string, unknown>>[] = Array.isArray(answer?.found) ? answer.found : [];
  const items = await Promise.all(rows.map((row) => openEvent(keys, row, fields)));
  const last = rows.at(-1);
  return disclose({
    items,
    nextCursor: answer?.more && last ? await cursorAfter(list, `${last.recordedAt} ${last.id}`) : null,
  });
}

interface Search {
  readonly query: Omit<AuditSearch, 'cursor' | 'limit'>;
  /** Where the page before ended: time in microseconds and id, with a space between. */
  readonly before: string | null;
  readonly limit: number;
  readonly fields: readonly TrailField[];
  /** From `sealOrigin`. */
  readonly origin: SQL;
}

/** One page and its own event, in one statement: `found`, `more`, `events`. */
export function searchStatement({ query, before, limit, fields, origin }: Search): SQL {
  return sql`
    with found as materialized (
      select e.* from ${auditEvents} e
       where e.organization_id = (select (salus.context()).organization_id) and ${conditionsOf(query, before)}
       order by e.recorded_at desc, e.id desc limit ${limit + 1}::integer
    ),
    page as (select * from found order by recorded_at desc, id desc limit ${limit}::integer),
    shown as (select ${selectFields(auditEvent, fields, 'page')}, page.recorded_at as at from page)
    select (select jsonb_agg(to_jsonb(shown) - 'at' order by at desc, id desc) from shown) as found,
           (select count(*) from found)::integer > ${limit}::integer as more,
           ${recordEvents({
             type: 'audit_event.search',
             resource: 'audit_event',
             fields,
             origin,
             outcome: sql`'success'`,
             patientId: sql`${query.patientId ?? null}::uuid`,
             resourceId: sql`null::uuid`,
             details: sql`jsonb_build_object('count', (select count(*) from page))`,
           })} as events`;
}

/** What of a query is looked for as it stands, by the column of the same name. */
const EQUAL = {
  kind: 'text',
  type: 'text',
  outcome: 'text',
  actorId: 'uuid',
  patientId: 'uuid',
  resource: 'text',
  requestId: 'uuid',
} as const;

function conditionsOf({ from, until, ...equal }: Search['query'], before: string | null): SQL {
  const conditions = Object.entries(EQUAL).flatMap(([name, type]) => {
    const value = equal[name as keyof typeof EQUAL]; // a key of the table that is being read
    const column = sql`e.${sql.identifier(columnName(name))}`;
    return value === undefined ? [] : [sql`${column} = ${value}::${sql.raw(type)}`];
  });
  if (from !== undefined) conditions.push(sql`e.recorded_at >= ${from}::timestamptz`);
  if (until !== undefined) conditions.push(sql`e.recorded_at < ${until}::timestamptz`);
  if (before !== null) {
    const [at, id] = before.split(' ');
    // The first comparison says nothing that the second does not, but it is the one by which months are left out.
    conditions.push(sql`e.recorded_at <= ${at}::timestamptz`);
    conditions.push(sql`(e.recorded_at, e.id) < (${at}::timestamptz, ${id}::uuid)`);
  }
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

async function openEvent(
  keys: OrganizationKeys,
  row: Readonly<Record<string, unknown>>,
  fields: readonly TrailField[],
): Promise<DisclosedAuditEvent> {
  // The address is sealed under the request, because the row had no id yet (see sealOrigin).
  const opened = await openUnderOrganization(auditEvent, fields, row, keys, String(row.requestId));
  return disclosedAuditEvent.parse({ ...opened, recordedAt: new Date(String(row.recordedAt)).toISOString() });
}
