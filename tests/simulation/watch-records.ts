// Watches the database and the answers: no record changes without its row in the trail, nothing is told of a record before
// such a row is committed, who was refused has changed nothing, and no answer holds what is another tenant's.
import type { OrganizationId } from '@salus/schema';
import type pg from 'pg';
import type { Answer } from './isolates.ts';
import { canaryOf, senders } from './person.ts';
import type { World } from './world.ts';

export interface RecordWatch {
  /** After every transaction. @throws Violation */
  committed(task: object | null): Promise<void>;
  /** Before an answer is given out. @throws Violation */
  answered(request: Request, answer: Answer): Promise<void>;
  /** What a consumer has acknowledged is noted in the database. @throws Violation */
  noted(eventIds: readonly string[]): Promise<void>;
  /** How many events have no leaf. @param except of these logs, by `<organization>/<year>` */
  unlogged(except: readonly string[]): Promise<number>;
}

export interface RecordWatchOptions {
  readonly world: World;
  readonly owner: pg.Client;
  readonly organizations: readonly OrganizationId[];
}

const STATE = `
  select (select md5(string_agg(p::text, ',' order by p.organization_id, p.id)) from salus.patients p) as patients,
         (select md5(string_agg(k::text, ',' order by k.patient_id)) from salus.patient_keys k) as keys,
         (select md5(string_agg(c::text, ',' order by c.patient_id, c.user_id)) from salus.care_team c) as teams,
         (select count(*)::int from salus.audit_events) as events,
         (select coalesce(max(n), 0)::int from (select count(*) as n from salus.refresh_tokens
                                                 where rotated_at is null group by session_id) live) as live`;

interface State {
  readonly patients: string | null;
  readonly keys: string | null;
  readonly teams: string | null;
  readonly events: number;
  readonly live: number;
}

export function createRecordWatch({ world, owner, organizations }: RecordWatchOptions): RecordWatch {
  let last: State | null = null;
  /** Requests in whose transactions a record has changed. */
  const changing = new WeakSet<object>();

  async function disclosedIn(requestId: string, items: readonly { readonly id: string }[]): Promise<void> {
    const { rows } = await owner.query<{ patient_id: string | null; fields: string[] }>(
      `select patient_id, fields from salus.audit_events where request_id = $1 and outcome = 'success'`,
      [requestId],
    );
    world.require(rows.length > 0, 'an answer was given that the trail knows nothing of');
    for (const item of items) {
      const fields = new Set(
        rows.filter(({ patient_id }) => patient_id === item.id).flatMap((row) => row.fields),
      );
      world.require(
        Object.keys(item).every((field) => fields.has(field) || field === 'id' || field === 'version'),
        'something of a record was given out that the trail does not say',
      );
    }
  }

  return {
    async committed(task) {
      const { rows } = await owner.query<State>(STATE);
      const [state] = rows;
      if (!state) return;
      const changed =
        last !== null &&
        (state.patients !== last.patients || state.keys !== last.keys || state.teams !== last.teams);
      world.require(
        !changed || state.events > (last?.events ?? 0),
        'a record has changed, and the trail has not',
      );
      world.require(state.events >= (last?.events ?? 0), 'events have gone from the trail');
      world.require(state.live <= 1, 'a session has two live refresh tokens');
      if (changed && task) changing.add(task);
      last = state;
    },

    async answered(request, { status, text, headers }) {
      const sender = senders.get(request);
      if (!sender) return;
      const { person, path, refused } = sender;
      world.require(status !== 200 || refused === undefined, `was let through: ${refused}`);
      for (const organizationId of organizations) {
        const isOwn = organizationId === person.account.organizationId;
        world.require(
          (isOwn && status === 200) || !text.includes(canaryOf({ organizationId })),
          'an answer holds a record that is none of its caller’s',
        );
      }
      if (status >= 400 && status < 500)
        world.require(!changing.has(request), `a call that was refused (${status}) has changed a record`);
      world.require(status !== 500, 'an internal error');
      if (status !== 200 || !path.startsWith('patients.')) return;
      const { data } = JSON.parse(text).result;
      await disclosedIn(headers.get('x-request-id') ?? '', data.items ?? [data]);
    },

    async noted(eventIds) {
      if (eventIds.length === 0) return;
      const { rows } = await owner.query<{ n: number }>(
        'select count(*)::int as n from salus.audit_leaves where event_id = any($1)',
        [eventIds],
      );
      world.require(
        rows[0]?.n === new Set(eventIds).size,
        'a message was acknowledged before the database had its leaf',
      );
    },

    async unlogged(except) {
      const { rows } = await owner.query<{ n: number }>(
        `select count(*)::int as n from salus.audit_events e
          where not exists (select from salus.audit_leaves l where l.event_id = e.id)
            and e.organization_id || '/' || extract(year from e.recorded_at at time zone 'UTC') <> all ($1)`,
        [except],
      );
      return rows[0]?.n ?? 0;
    },
  };
}
