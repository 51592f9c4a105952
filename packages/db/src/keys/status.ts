// Which keys there are, who wraps them, and how much hangs under each: what a security officer looks at before and after a
// rotation. No key is opened for it.
import type { SqlConnection } from '../migrate.ts';
import { asOwner } from '../owner.ts';
import { PLATFORM } from '../repositories/refusal.ts';

export interface KeyStatus {
  readonly organization: string;
  readonly name: string;
  readonly version: number;
  /** Id of the root key that wraps it. */
  readonly provider: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly retiredAt: string | null;
  /** Whether it seals and wraps what is new. */
  readonly current: boolean;
  /** Keys of patients that it wraps. */
  readonly patientKeys: number;
  /** Records that were sealed, and whose blind indexes were made, while it was current. */
  readonly patients: number;
  /** Accounts that it seals, or of the platform's key: that are found through it. */
  readonly accounts: number;
}

/** Organizations by id, the platform first; versions newest first. */
export async function keyStatus(connection: SqlConnection): Promise<KeyStatus[]> {
  const { rows } = await asOwner(connection, () =>
    connection.query(
      `select k.organization_id, o.name, k.version, k.provider, k.created_at, k.retired_at,
              k.version = max(k.version) over (partition by k.organization_id) as current,
              (select count(*) from salus.patient_keys w
                where (w.organization_id, w.organization_key_version) = (k.organization_id, k.version)) as patient_keys,
              (select count(*) from salus.patients p
                where (p.organization_id, p.organization_key_version) = (k.organization_id, k.version)
                  and p.shredded_at is null) as patients,
              case when k.organization_id = $1
                   then (select count(*) from salus.users u where u.email_index_version = k.version and u.erased_at is null)
                   else (select count(*) from salus.users u
                          where (u.organization_id, u.organization_key_version) = (k.organization_id, k.version)
                            and u.erased_at is null)
              end as accounts
         from salus.organization_keys k join salus.organizations o on o.id = k.organization_id
        order by k.organization_id, k.version desc`,
      [PLATFORM],
    ),
  );
  return rows.map((row) => ({
    organization: String(row.organization_id),
    name: String(row.name),
    version: Number(row.version),
    provider: String(row.provider),
    createdAt: new Date(String(row.created_at)).toISOString(),
    retiredAt: row.retired_at === null ? null : new Date(String(row.retired_at)).toISOString(),
    current: row.current === true,
    patientKeys: Number(row.patient_keys),
    patients: Number(row.patients),
    accounts: Number(row.accounts),
  }));
}
