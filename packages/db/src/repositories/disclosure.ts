// The accounting of disclosures (45 CFR 164.528): what was noted by the privacy officer, and what the system itself gave out
// for a purpose that counts. Treatment, payment, operations and what went to the patient do not (164.528(a)(1)).
import type { Bytes } from '@salus/crypto';
import type { Grant } from '@salus/policy';
import {
  ACCOUNTABLE_PURPOSES,
  type AccountedDisclosure,
  accountedDisclosure,
  DISCLOSURE_REASONS,
  type Disclosure,
  type DisclosureAccount,
  disclosure,
  type NewDisclosure,
  type Page,
  sealedFields,
} from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from '../bytea.ts';
import { beginRequest, type Call } from '../call.ts';
import { columnName } from '../columns.ts';
import { cursorAfter, type List, positionInCursor } from '../cursor.ts';
import { type Disclosed, disclose } from '../disclosed.ts';
import { NotFoundError } from '../errors.ts';
import type { OrganizationKeys } from '../keyring.ts';
import { openUnderOrganization, sealFields, selectFields } from '../sealed-record.ts';
import { auditEvents } from '../tables/audit-event.ts';
import { disclosures } from '../tables/disclosure.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../trail.ts';
import { uuidV7 } from '../uuid-v7.ts';

type Row = Readonly<Record<string, unknown>>;

/** @throws DatabaseError `not_permitted` when there is no such patient */
export async function recordDisclosure(
  call: Call,
  grant: Grant<'disclosure'>,
  made: NewDisclosure,
): Promise<Disclosed<Pick<Disclosure, 'id'>>> {
  const { organizationId } = grant.subject;
  const { current } = await call.keyring.organization(organizationId);
  const id = disclosure.schema.shape.id.parse(uuidV7(call.now()));
  const home = { organization: organizationId, key: current.accountKey, rowId: id };
  const sealed = await sealFields(disclosure, sealedFields(disclosure), made, home);
  const bytes = (field: keyof NewDisclosure): Bytes | null => sealed.get(columnName(field)) ?? null;
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    sql`
      with recorded as (
        insert into ${disclosures} (organization_id, id, patient_id, disclosed_at, reason, recipient, recipient_address,
                                    description, withheld_until, recorded_by)
        select organization_id, ${id}::uuid, ${made.patientId}::uuid, ${made.disclosedAt}::timestamptz, ${made.reason},
               ${byteaParameter(bytes('recipient'))}, ${byteaParameter(bytes('recipientAddress'))},
               ${byteaParameter(bytes('description'))}, ${made.withheldUntil ?? null}::timestamptz, user_id
          from salus.context()
        returning id
      )
      select ${recordEvents({
        type: 'disclosure.create',
        resource: 'disclosure',
        fields: Object.keys(made),
        origin: await sealOrigin(call, current),
        outcome: sql`'success'`,
        // Anybody may read the log, the patient too, who may not be told yet: patient and reason stand in the record alone.
        patientId: sql`null::uuid`,
        resourceId: sql`${id}::uuid`,
      })} as events from recorded`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  return disclose({ id });
}

/** The newest first. @throws NotFoundError when it is another patient who asks; CursorError, DatabaseError, IntegrityError */
export async function accountForDisclosures(
  call: Call,
  grant: Grant<'disclosure'>,
  { cursor, limit, ...query }: DisclosureAccount,
): Promise<Disclosed<Page<AccountedDisclosure>>> {
  const { organizationId, userId } = grant.subject;
  const keys = await call.keyring.organization(organizationId);
  const list: List = {
    organizationKey: keys.current,
    procedure: 'disclosure.list',
    userId,
    filter: JSON.stringify(Object.entries(query).toSorted()),
  };
  const before = cursor === undefined ? null : await positionInCursor(list, cursor);
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    sql`
      with asker as (
        select c.role is distinct from 'patient' or c.patient_id = ${query.patientId}::uuid as may from salus.context() c
      ),
      found as materialized (${noted(query, before, limit)} union all ${givenOut(query, before, limit)}),
      page as (select * from found where (select may from asker) order by at desc, id desc limit ${limit}::integer)
      select (select jsonb_agg(to_jsonb(page) order by at desc, id desc) from page) as page, asker.may,
             (select count(*) from found)::integer > ${limit}::integer as more,
             ${recordEvents({
               type: 'disclosure.list',
               resource: 'disclosure',
               fields: grant.fields,
               origin: await sealOrigin(call, keys.current),
               outcome: sql`case when asker.may then 'success' else 'denied' end`,
               patientId: sql`case when asker.may then ${query.patientId}::uuid end`,
               resourceId: sql`${query.patientId}::uuid`,
               details: sql`case when asker.may then jsonb_build_object('count', (select count(*) from page))
                          else '{"reason":"not_found"}'::jsonb end`,
             })} as events from asker`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  if (answer?.may !== true) throw new NotFoundError();
  const rows: readonly Row[] = Array.isArray(answer.page) ? answer.page : [];
  const items = await Promise.all(rows.map((row) => accounted(keys, row)));
  const last = rows.at(-1);
  return disclose({
    items,
    nextCursor: answer.more && last ? await cursorAfter(list, `${last.at} ${last.id}`) : null,
  });
}

type Query = Omit<DisclosureAccount, 'cursor' | 'limit'>;

/** Those that were noted. What an authority has asked to keep from the patient is in no account, whoever asks for it. */
function noted(query: Query, before: string | null, limit: number): SQL {
  return sql`
    (select d.disclosed_at as at, d.id, d.reason, null::text as given_to, null::text[] as given,
            ${selectFields(disclosure, ['recipient', 'recipientAddress', 'description'], 'd')}
       from ${disclosures} d
      where d.organization_id = (select (salus.context()).organization_id) and d.patient_id = ${query.patientId}::uuid
        and (d.withheld_until is null or d.withheld_until <= now())
        and ${within(query, before, sql`d.disclosed_at`, sql`d.id`)}
      order by d.disclosed_at desc, d.id desc limit ${limit + 1}::integer)`;
}

/** Those that the system made: who was given it stands in the event's details. */
function givenOut(query: Query, before: string | null, limit: number): SQL {
  const purposes = sql.join(
    Object.keys(ACCOUNTABLE_PURPOSES).map((purpose) => sql`${purpose}`),
    sql`, `,
  );
  return sql`
    (select e.recorded_at as at, e.id, e.purpose as reason, e.details->>'recipient' as given_to, e.fields as given,
            null, null, null
       from ${auditEvents} e
      where e.organization_id = (select (salus.context()).organization_id) and e.patient_id = ${query.patientId}::uuid
        and e.purpose in (${purposes}) and e.outcome = 'success'
        and ${within(query, before, sql`e.recorded_at`, sql`e.id`)}
      order by e.recorded_at desc, e.id desc limit ${limit + 1}::integer)`;
}

function within({ from, until }: Query, before: string | null, at: SQL, id: SQL): SQL {
  const conditions = [sql`${at} >= now() - interval '6 years'`];
  if (from !== undefined) conditions.push(sql`${at} >= ${from}::timestamptz`);
  if (until !== undefined) conditions.push(sql`${at} < ${until}::timestamptz`);
  if (before !== null) {
    const [time, last] = before.split(' ');
    conditions.push(sql`(${at}, ${id}) < (${time}::timestamptz, ${last}::uuid)`);
  }
  return sql.join(conditions, sql` and `);
}

async function accounted(keys: OrganizationKeys, row: Row): Promise<AccountedDisclosure> {
  const at = new Date(String(row.at)).toISOString();
  if (row.recipient === null) {
    const fields = Array.isArray(row.given) ? row.given.join(', ') : '';
    const why = wordsOf(ACCOUNTABLE_PURPOSES, row.reason);
    const recipient = String(row.given_to ?? 'not named');
    return accountedDisclosure.parse({
      id: row.id,
      at,
      recipient,
      recipientAddress: null,
      what: fields,
      why,
    });
  }
  const opened = await openUnderOrganization(disclosure, sealedFields(disclosure), row, keys);
  return accountedDisclosure.parse({
    id: row.id,
    at,
    recipient: opened.recipient,
    recipientAddress: opened.recipientAddress ?? null,
    what: opened.description,
    why: wordsOf(DISCLOSURE_REASONS, row.reason),
  });
}

function wordsOf(table: Readonly<Record<string, string>>, code: unknown): string {
  return table[String(code)] ?? String(code);
}
