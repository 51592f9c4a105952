// A SIEM on loopback and the trails that go there: what the tests of the export have in common.
import { randomBytes } from 'node:crypto';
import { addDestination, type NewDestination } from '@salus/db/destinations';
import { createOrganization } from '@salus/db/provision';
import type { DestinationId, OrganizationId } from '@salus/schema';
import { type Received, type SiemServer, startSiemServer } from './siem-server.ts';
import { type System, startSystem } from './system.ts';

export const SECRET = randomBytes(32).toString('base64');

interface Sent {
  readonly id: string;
  readonly log: string;
  readonly index: number;
}

export interface SiemExport {
  readonly system: System;
  readonly siem: SiemServer;
  /** Sends the trail of an organization to the SIEM, from its beginning. */
  add(organizationId: OrganizationId, more?: Partial<NewDestination>): Promise<DestinationId>;
  /** Takes every destination away, and forgets what came. */
  clear(): Promise<void>;
  /** A minute of the Worker's clock. Every SIEM has its turn, however long it was put off, unless we are patient. */
  minute(of?: { readonly patient?: boolean }): Promise<void>;
  /** An organization whose trail is made up: `count` events in the log of a year. */
  invented(count: number, year?: number): Promise<OrganizationId>;
  invent(organization: string, year: number, from: number, count: number): Promise<void>;
  /** What the log of an organization holds, in its order. */
  leaves(organization: string): Promise<Sent[]>;
  /** What has come, in its order. */
  sent(): Sent[];
  state(id: DestinationId): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** The events of a request, one JSON text a line. */
export const eventsIn = ({ body }: Received): Record<string, unknown>[] =>
  body
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** In the order in which they came first. */
export const once = (list: readonly Sent[]): Sent[] => [
  ...new Map(list.map((one) => [one.id, one])).values(),
];

export async function startSiemExport(): Promise<SiemExport> {
  const system = await startSystem();
  const siem = await startSiemServer();
  const { owner, providers, worker } = system;

  const invent: SiemExport['invent'] = async (organization, year, from, count) => {
    await owner.query(
      `with events as (
         insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, request_id)
         select $1, make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC') + make_interval(secs => n), 'phi_access', 'patient.read',
                'success', gen_random_uuid()
           from generate_series($3::int, $3::int + $4::int - 1) n
         returning id, recorded_at
       )
       insert into salus.audit_leaves (organization_id, year, index, event_id)
       select $1, $2, $3 + row_number() over (order by recorded_at) - 1, id from events`,
      [organization, year, from, count],
    );
  };

  return {
    system,
    siem,
    invent,
    add: (organizationId, more = {}) =>
      addDestination(owner, providers, {
        organizationId,
        kind: 'ocsf',
        target: siem.url,
        authentication: 'hmac',
        secret: SECRET,
        withOrigin: false,
        history: true,
        ...more,
      }),
    async clear() {
      await owner.query('delete from salus.destinations');
      siem.received.length = 0;
      siem.next.length = 0;
      siem.mood = 'well';
      siem.beforeAnswer = async () => undefined;
    },
    async minute({ patient = false } = {}) {
      if (!patient) await owner.query('update salus.destinations set next_attempt_at = now()');
      await (await worker.getWorker()).scheduled({ cron: '* * * * *' });
    },
    async invented(count, year = new Date().getUTCFullYear()) {
      const organization = await createOrganization(owner, providers, { name: 'Invented Clinic' });
      await owner.query('delete from salus.audit_events where organization_id = $1', [organization]);
      await invent(organization, year, 0, count);
      return organization;
    },
    async leaves(organization) {
      const { rows } = await owner.query(
        `select event_id as id, 'log/' || organization_id || '/' || year as log, index::int
           from salus.audit_leaves where organization_id = $1 order by year, index`,
        [organization],
      );
      return rows;
    },
    sent: () =>
      siem.received.flatMap(eventsIn).map((event) => {
        const { uid, log_name, sequence } = event.metadata as {
          uid: string;
          log_name: string;
          sequence: number;
        };
        return { id: uid, log: log_name, index: sequence };
      }),
    async state(id) {
      const { rows } = await owner.query('select * from salus.destinations where id = $1', [id]);
      return rows[0];
    },
    async stop() {
      await siem.stop();
      await system.stop();
    },
  };
}
