// Trails that give cause for alerts, made up event by event, and the alerts that come of them.
import type { System } from './system.ts';

export const ACTOR = '019abc00-0000-7000-8000-0000000000bb';

export interface Invented {
  readonly kind?: string;
  readonly type?: string;
  readonly outcome?: string;
  readonly actor?: string | null;
  /** Whether each is about another patient. */
  readonly patients?: boolean;
  /** JSON text. */
  readonly details?: string | null;
  readonly ago?: string;
  readonly logged?: boolean;
  /** Whether the sweep leaves it alone. */
  readonly stuck?: boolean;
}

/** Events of an organization, all of one form. */
export async function invent(
  system: System,
  organization: string,
  count: number,
  of: Invented = {},
): Promise<void> {
  const {
    kind = 'authorization',
    type = 'patient.read',
    outcome = 'denied',
    actor = null,
    details = null,
  } = of;
  const { patients = false, ago = '0', logged = false, stuck = false } = of;
  await system.owner.query(
    `with events as (
       insert into salus.audit_events
         (organization_id, recorded_at, kind, type, outcome, actor_id, patient_id, details, request_id)
       select $1, clock_timestamp() - $9::interval, $2, $3, $4, $5::uuid, case when $6 then gen_random_uuid() end, $7::jsonb,
              gen_random_uuid()
         from generate_series(1, $8::int)
       returning id
     ),
     stuck as (
       insert into salus.unloggable_events (event_id, organization_id, noted_at)
       select id, $1::uuid, now() from events where $11
     )
     insert into salus.audit_leaves (organization_id, year, index, event_id)
     select $1, 1999, (select count(*) from salus.audit_leaves where organization_id = $1 and year = 1999)
                      + row_number() over () - 1, id from events where $10`,
    [organization, kind, type, outcome, actor, patients, details, count, ago, logged, stuck],
  );
}

export interface StoredAlert {
  readonly id: string;
  readonly rule: string;
  readonly subject: string;
  readonly count: number;
  readonly acknowledged_at: Date | null;
}

/** The oldest first. */
export async function alertsOf(system: System, organization: string): Promise<StoredAlert[]> {
  const { rows } = await system.owner.query<StoredAlert>(
    `select id, rule, subject, count, acknowledged_at from salus.alerts
      where organization_id = $1 order by raised_at, id`,
    [organization],
  );
  return rows;
}

/**
 * A minute of the Worker's clock, in which every delivery has its turn, however long it was put off.
 * @param atOnce as many of them overlap
 */
export async function alertMinute(system: System, atOnce = 1): Promise<void> {
  await system.owner.query('update salus.alert_deliveries set next_attempt_at = now()');
  const worker = await system.worker.getWorker();
  await Promise.all(Array.from({ length: atOnce }, () => worker.scheduled({ cron: '* * * * *' })));
}
