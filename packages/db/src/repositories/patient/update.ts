// A change to a patient. It names the version that it was made from, and is refused when that is no longer the present
// one. Old and new ciphertext go into the audit row, unopened.
//
// The patient's key is needed to seal, and a new name or birth date needs the other one for the index over both. When
// neither is at hand they are fetched first: two round trips, otherwise one (DESIGN.md, invariant 3).
import type { Bytes, SealingKey } from '@salus/crypto';
import type { Grant } from '@salus/policy';
import { type PatientChange, type PatientField, type PatientId, patient } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from '../../bytea.ts';
import { beginRequest, type Call } from '../../call.ts';
import { holdKeys, withCurrentKeys } from '../../current-keys.ts';
import { type Disclosed, disclose } from '../../disclosed.ts';
import { NotFoundError, RefusedError, VersionConflictError } from '../../errors.ts';
import type { OrganizationKeys } from '../../keyring.ts';
import { indexesOver, indexSources, openFields, sealFields } from '../../sealed-record.ts';
import { patients } from '../../tables/patient.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../../trail.ts';
import { refuseTakenNumber } from './medical-record-number.ts';
import { patientKeyOf, rowOf, visiblePatient } from './stored.ts';

export interface UpdatedPatient {
  readonly id: PatientId;
  readonly version: number;
}

type Values = Readonly<Record<string, unknown>>;

/** @throws NotFoundError, VersionConflictError, RefusedError `gone`, DatabaseError, IntegrityError */
export function updatePatient(
  call: Call,
  grant: Grant<'patient'>,
  change: PatientChange,
): Promise<Disclosed<UpdatedPatient>> {
  return withCurrentKeys(call, grant.subject.organizationId, (keys) => update(call, grant, change, keys));
}

async function update(
  call: Call,
  grant: Grant<'patient'>,
  change: PatientChange,
  keys: OrganizationKeys,
): Promise<Disclosed<UpdatedPatient>> {
  const { id, version, ...values } = change;
  const changed = grant.fields.filter(
    (field) => field in values && values[field as keyof typeof values] !== undefined,
  );
  const { key, values: present } = await whatItTakes(call, grant, keys, change, changed);

  const sealed = await sealFields(patient, changed, values, {
    organization: keys.organization,
    key,
    rowId: id,
  });
  const indexes = await indexesOver(patient, changed, { ...present, ...values }, keys.current);
  const results = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    holdKeys(keys, { id, keyVersion: key.version }),
    ...(await refuseTakenNumber(keys, values)),
    sql`
      with standing as (
        select p.id, p.version, p.shredded_at from ${patients} p
         where (p.organization_id, p.id) = ((select (salus.context()).organization_id), ${id}::uuid)
           for update -- of two changes at once, the second sees the version that the first has made
      ),
      changed as (
        update ${patients} p set version = p.version + 1, ${assignments(new Map([...sealed, ...indexes]))}
          from standing
         where (p.organization_id, p.id) = ((select (salus.context()).organization_id), standing.id)
           and standing.version = ${version}::integer and standing.shredded_at is null
        returning p.id, p.version, ${changesTo(sealed.keys())} as changes
      )
      select changed.version, standing.version as standing, standing.shredded_at is not null as gone,
             ${recordEvents({
               type: 'patient.update',
               resource: 'patient',
               fields: changed,
               origin: await sealOrigin(call, keys.current),
               outcome: sql`case when changed.id is not null then 'success' when standing.id is not null then 'failed' else 'denied' end`,
               patientId: sql`standing.id`,
               resourceId: sql`${id}::uuid`,
               changes: sql`changed.changes`,
               details: sql`case when changed.id is not null then null::jsonb
                          when standing.shredded_at is not null then '{"reason":"gone"}'
                          when standing.id is not null then '{"reason":"version_conflict"}'
                          else '{"reason":"not_found"}' end`,
             })} as events from (select) one left join standing on true left join changed on true`,
  ]);
  const answer = results.at(-1)?.[0];
  call.committed(auditRowsOf(answer?.events));
  if (answer?.gone) throw new RefusedError('gone');
  if (!answer || answer.standing === null) throw new NotFoundError();
  if (answer.version === null) throw new VersionConflictError(Number(answer.standing));
  return disclose({ id, version: Number(answer.version) });
}

interface Prerequisites {
  readonly key: SealingKey;
  /** The present values that the blind indexes over a change need, and the change itself does not bring. */
  readonly values: Values;
}

async function whatItTakes(
  call: Call,
  grant: Grant<'patient'>,
  keys: OrganizationKeys,
  change: PatientChange,
  changed: readonly PatientField[],
): Promise<Prerequisites> {
  const missing = indexSources(patient, changed).filter((field) => !changed.includes(field as PatientField));
  const atHand = call.keyring.patientAtHand(grant.subject.organizationId, change.id);
  if (atHand && missing.length === 0) return { key: atHand, values: {} };
  return fetchPrerequisites(call, grant, keys, change, missing as PatientField[]);
}

/** Nothing of what is read here leaves the call: it is used to compute blind indexes. A refusal is recorded all the same. */
async function fetchPrerequisites(
  call: Call,
  grant: Grant<'patient'>,
  keys: OrganizationKeys,
  { id }: PatientChange,
  missing: readonly PatientField[],
): Promise<Prerequisites> {
  const [[answer] = []] = await call.database.transaction([
    sql`
      select to_json(v) as found, ${recordEvents({
        type: 'patient.update',
        resource: 'patient',
        fields: missing,
        origin: await sealOrigin(call, keys.current),
        each: sql`(select) one where v.gone is not false`,
        outcome: sql`case when v.gone then 'failed' else 'denied' end`,
        patientId: sql`v.id`,
        resourceId: sql`${id}::uuid`,
        details: sql`jsonb_build_object('reason', case when v.gone then 'gone' else 'not_found' end)`,
      })} as events
        from ${visiblePatient(call, grant, missing, id)}`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  const row = rowOf(answer?.found, missing);
  if (!row.id) throw new NotFoundError();
  if (row.gone) throw new RefusedError('gone');
  const key = await patientKeyOf(call, keys, row);
  const home = { organization: keys.organization, key, rowId: id };
  return { key, values: await openFields(patient, missing, row, home) };
}

function assignments(columns: ReadonlyMap<string, Bytes | null>): SQL {
  return sql.join(
    [...columns].map(([name, bytes]) => sql`${sql.identifier(name)} = ${byteaParameter(bytes)}`),
    sql`, `,
  );
}

/** `{ "<column>": { "old": …, "new": … } }`, ciphertext in Base 64 (PostgreSQL 18: RETURNING OLD and NEW). */
function changesTo(columns: Iterable<string>): SQL {
  const pairs = [...columns].map((name) => {
    const column = sql.identifier(name);
    return sql`${name}::text, jsonb_build_object('old', salus.base64(old.${column}), 'new', salus.base64(new.${column}))`;
  });
  return sql`jsonb_build_object(${sql.join(pairs, sql`, `)})`;
}
