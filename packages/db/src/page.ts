// Pages of an organization's own records: holds, requests and the like. They are few, have a UUID of version 7, and come
// newest first. Row security decides which there are; one event says that the page was read.
import type { EventType } from '@salus/audit';
import type { Grant, PolicyResource } from '@salus/policy';
import type { FieldName, Page, PageRequest, RecordOf, Resource } from '@salus/schema';
import { sql } from 'drizzle-orm';
import { beginRequest, type Call } from './call.ts';
import { cursorAfter, type List, positionInCursor } from './cursor.ts';
import { type Disclosed, disclose } from './disclosed.ts';
import type { OrganizationKeys } from './keyring.ts';
import { openUnderOrganization, selectFields } from './sealed-record.ts';
import { auditRowsOf, recordEvents, sealOrigin } from './trail.ts';

type Row = Readonly<Record<string, unknown>>;

/** @throws CursorError, DatabaseError, IntegrityError */
export async function disclosePageOf<R extends Resource, P extends PolicyResource>(
  call: Call,
  grant: Grant<P>,
  { cursor, limit }: PageRequest,
  { resource, type }: { readonly resource: R; readonly type: EventType },
): Promise<Disclosed<Page<RecordOf<R>>>> {
  const { organizationId, userId } = grant.subject;
  const keys = await call.keyring.organization(organizationId);
  const list: List = { organizationKey: keys.current, procedure: type, userId, filter: '' };
  const before = cursor === undefined ? null : await positionInCursor(list, cursor);
  const table = sql`salus.${sql.identifier(resource.table)}`;
  const fields = Object.keys(resource.fields);
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    sql`
      with found as materialized (
        select ${selectFields(resource, fields, 'r')} from ${table} r
         where r.organization_id = (select (salus.context()).organization_id)
           and (${before}::uuid is null or r.id < ${before}::uuid)
         order by r.id desc limit ${limit + 1}::integer
      ),
      page as (select * from found order by id desc limit ${limit}::integer)
      select (select jsonb_agg(to_jsonb(page) order by id desc) from page) as page,
             (select count(*) from found)::integer > ${limit}::integer as more,
             ${recordEvents({
               type,
               resource: resource.name,
               fields,
               origin: await sealOrigin(call, keys.current),
               outcome: sql`'success'`,
               patientId: sql`null::uuid`,
               resourceId: sql`null::uuid`,
               details: sql`jsonb_build_object('count', (select count(*) from page))`,
             })} as events`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  const rows: readonly Row[] = Array.isArray(answer?.page) ? answer.page : [];
  const items = await Promise.all(rows.map((row) => openRow(keys, resource, row)));
  const last = rows.at(-1);
  return disclose({
    items,
    nextCursor: answer?.more && last ? await cursorAfter(list, String(last.id)) : null,
  });
}

async function openRow<R extends Resource>(
  keys: OrganizationKeys,
  resource: R,
  row: Row,
): Promise<RecordOf<R>> {
  const fields = Object.keys(resource.fields) as FieldName<R>[]; // the resource's own
  const opened = await openUnderOrganization(resource, fields, row, keys);
  const dates = fields.filter((field) => isTime(resource, field) && opened[field] !== undefined);
  for (const field of dates) opened[field] = new Date(String(opened[field])).toISOString();
  return resource.schema.parse(opened) as RecordOf<R>; // the schema is the resource's own
}

function isTime(resource: Resource, field: string): boolean {
  const storage = resource.fields[field]?.storage;
  return storage?.sealed === false && storage.column === 'timestamptz';
}
