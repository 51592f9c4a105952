// Pages of patients, all of them or those that a search finds. Each patient on the page has an audit row of its own; an
// empty page has one. Lists of clinicians are driven from the care team, which is in the order of the page.
import { type Bytes, toHex } from '@salus/crypto';
import type { Grant } from '@salus/policy';
import {
  type DisclosedPatient,
  type Page,
  type PageRequest,
  type PatientQuery,
  type PatientSearch,
  patient,
} from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from '../../bytea.ts';
import { beginRequest, type Call } from '../../call.ts';
import { indexColumnName } from '../../columns.ts';
import { requireNewestKey, withCurrentKeys } from '../../current-keys.ts';
import { cursorAfter, type List, positionInCursor } from '../../cursor.ts';
import { type Disclosed, disclose } from '../../disclosed.ts';
import type { OrganizationKeys } from '../../keyring.ts';
import { indexFor } from '../../sealed-record.ts';
import { careTeam } from '../../tables/care-team.ts';
import { patients } from '../../tables/patient.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../../trail.ts';
import { openPatient, selectPatients, withAlways } from './stored.ts';

type PatientPage = Disclosed<Page<DisclosedPatient>>;

/** @throws CursorError, DatabaseError, IntegrityError */
export async function listPatients(
  call: Call,
  grant: Grant<'patient'>,
  request: PageRequest,
): Promise<PatientPage> {
  const from =
    grant.relationship === 'care_team'
      ? sql`select t.patient_id as id from ${careTeam} t
             where (t.organization_id, t.user_id) = (select c.organization_id, c.user_id from salus.context() c)`
      : sql`select p.id from ${patients} p
             where p.organization_id = (select (salus.context()).organization_id) and p.shredded_at is null`;
  return disclosePage(call, grant, { ...request, type: 'patient.list', candidates: from, filter: '' });
}

/** Patients of whom the query holds. Each form of query is answered through one blind index. */
export function searchPatients(
  call: Call,
  grant: Grant<'patient'>,
  { cursor, limit, ...query }: PatientSearch,
): Promise<PatientPage> {
  return withCurrentKeys(call, grant.subject.organizationId, async (keys) => {
    const { column, values } = await indexOf(query, keys);
    const candidates = sql`
      select p.id from ${patients} p
       where p.organization_id = (select (salus.context()).organization_id)
         and p.${sql.identifier(column)} in (${sql.join(values.map(byteaParameter), sql`, `)})`;
    return disclosePage(call, grant, {
      cursor,
      limit,
      type: 'patient.search',
      candidates,
      before: [requireNewestKey(keys)],
      filter: `${column}=${values.map(toHex)}`,
    });
  });
}

interface PageOf extends PageRequest {
  readonly type: 'patient.list' | 'patient.search';
  /** A query for the ids to choose from. */
  readonly candidates: SQL;
  /** Statements that come before it in the transaction. */
  readonly before?: readonly SQL[];
  /** What narrows the list, for its cursor. */
  readonly filter: string;
}

async function disclosePage(
  call: Call,
  grant: Grant<'patient'>,
  { before = [], ...page }: PageOf,
): Promise<PatientPage> {
  const { organizationId, userId } = grant.subject;
  const keys = await call.keyring.organization(organizationId);
  const list: List = { organizationKey: keys.current, procedure: page.type, userId, filter: page.filter };
  const after = page.cursor === undefined ? null : await positionInCursor(list, page.cursor);
  const fields = withAlways(grant.fields);

  const results = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    ...before,
    sql`
      with candidates as materialized (
        select id from (${page.candidates}) of_all
         where ${after}::uuid is null or id > ${after}::uuid
         order by id limit ${page.limit + 1}::integer
      ),
      page as (
        select * from (${selectPatients(fields, sql`array(select id from candidates order by id limit ${page.limit}::integer)`)}) seen
         where not gone
      )
      select (select json_agg(page order by page.id) from page) as patients,
             case when (select count(*) from candidates)::integer > ${page.limit}::integer
                  then (select id from candidates order by id offset ${page.limit - 1}::integer limit 1) end as last,
             ${recordEvents({
               type: page.type,
               resource: 'patient',
               fields,
               origin: await sealOrigin(call, keys.current),
               each: sql`(select) one left join page on true`,
               outcome: sql`'success'`,
               patientId: sql`page.id`,
               resourceId: sql`page.id`,
               details: sql`case when page.id is null then '{"count":0}'::jsonb end`,
             })} as events`,
  ]);
  const answer = results.at(-1)?.[0];
  call.committed(auditRowsOf(answer?.events));
  const rows: readonly Readonly<Record<string, unknown>>[] = Array.isArray(answer?.patients)
    ? answer.patients
    : [];
  const items = await Promise.all(rows.map((row) => openPatient(call, keys, row, fields)));
  // After what was looked at, not after what was shown: a page may be short, because a record on it was shredded.
  const nextCursor = answer?.last ? await cursorAfter(list, String(answer.last)) : null;
  return disclose({ items, nextCursor });
}

/** The blind index that answers a query, and what to look for in it: one value for each key that is in use. */
async function indexOf(
  query: PatientQuery,
  { live }: OrganizationKeys,
): Promise<{ column: string; values: Bytes[] }> {
  const { index, values } = termsOf(query);
  return {
    column: indexColumnName(index),
    values: await Promise.all(live.map((key) => indexFor(patient, index, values, key))),
  };
}

function termsOf(query: PatientQuery): { index: string; values: Readonly<Record<string, unknown>> } {
  if (!('name' in query)) return { index: Object.keys(query)[0] ?? '', values: query };
  const { family, given = [] } = query.name;
  const index = given.length === 0 ? 'familyBirthDate' : 'fullNameBirthDate';
  return { index, values: { ...query, name: { family, given } } };
}
