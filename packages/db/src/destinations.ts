// Setting up destinations, on the owner's connection: an organization's trail goes where its owner says, and no call of the
// API can change that (AUD-16). Each change is an event of the organization's trail.
import type { KeyProviders } from '@salus/crypto';
import {
  type Destination,
  type DestinationId,
  destination,
  destinationId,
  type OrganizationId,
} from '@salus/schema';
import { heldKeys } from './keys/stored.ts';
import type { SqlConnection } from './migrate.ts';
import { asOwner, hexadecimal, recordAsOwner } from './owner.ts';
import { openUnderOrganization, sealFields } from './sealed-record.ts';
import { uuidV7 } from './uuid-v7.ts';

export class DestinationError extends Error {
  override readonly name = 'DestinationError';
  readonly code: 'destination_unknown' | 'no_signing_secret';

  constructor(code: DestinationError['code']) {
    super(code.replaceAll('_', ' '));
    this.code = code;
  }
}

export type NewDestination = Omit<Destination, 'id' | 'createdAt' | 'previousSecret'> & {
  readonly organizationId: OrganizationId;
  /** A SIEM gets what the logs hold already, and not only what comes. */
  readonly history: boolean;
};

const SHOWN = ['id', 'kind', 'target', 'withOrigin'] as const;
const shown = destination.schema.pick({ id: true, kind: true, target: true, withOrigin: true });

export interface DestinationState extends Pick<Destination, (typeof SHOWN)[number]> {
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly deliveredAt: Date | null;
  /** Events that a SIEM has not taken yet. */
  readonly waiting: number;
}

/** @throws KeyError when there is no such organization; KeyProviderError */
export function addDestination(
  connection: SqlConnection,
  providers: KeyProviders,
  { organizationId, history, ...of }: NewDestination,
): Promise<DestinationId> {
  return asOwner(connection, async () => {
    const id = destinationId.parse(uuidV7(Date.now()));
    const { current } = await heldKeys(connection, providers, organizationId);
    const home = { organization: organizationId, key: current.accountKey, rowId: id };
    const sealed = await sealFields(destination, ['target', 'secret'], of, home);
    await connection.query(
      `insert into salus.destinations (organization_id, id, kind, target, authentication, secret, with_origin)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        organizationId,
        id,
        of.kind,
        hexadecimal(sealed.get('target') ?? null),
        of.authentication ?? null,
        hexadecimal(sealed.get('secret') ?? null),
        of.withOrigin,
      ],
    );
    if (!history) {
      await connection.query(
        `insert into salus.siem_cursors (organization_id, destination_id, year, next_index)
         select organization_id, $2, year, max(index) + 1 from salus.audit_leaves
          where organization_id = $1 group by organization_id, year`,
        [organizationId, id],
      );
    }
    await recordAsOwner(connection, {
      organization: organizationId,
      type: 'destination.create',
      resourceId: id,
    });
    return id;
  });
}

/** @throws DestinationError */
export function removeDestination(
  connection: SqlConnection,
  organization: OrganizationId,
  id: DestinationId,
): Promise<void> {
  return asOwner(connection, async () => {
    const { rows } = await connection.query(
      'delete from salus.destinations where (organization_id, id) = ($1, $2) returning id',
      [organization, id],
    );
    if (rows.length === 0) throw new DestinationError('destination_unknown');
    await recordAsOwner(connection, { organization, type: 'destination.delete', resourceId: id });
  });
}

/**
 * Puts a new signing secret in force beside the present one; with null the one before the present goes out of force.
 * @param secret Base 64
 * @throws DestinationError, KeyProviderError
 */
export function replaceSecret(
  connection: SqlConnection,
  providers: KeyProviders,
  of: { readonly organizationId: OrganizationId; readonly id: DestinationId; readonly secret: string | null },
): Promise<void> {
  return asOwner(connection, async () => {
    const { organizationId, id, secret } = of;
    const {
      rows: [row],
    } = await connection.query(
      `select id, secret::text as secret from salus.destinations
        where (organization_id, id, authentication) = ($1, $2, 'hmac') for update`,
      [organizationId, id],
    );
    if (!row) throw new DestinationError('no_signing_secret');
    if (secret === null) {
      await connection.query(
        'update salus.destinations set previous_secret = null where (organization_id, id) = ($1, $2)',
        [organizationId, id],
      );
    } else {
      // The two are sealed each in its own column, so the old one is opened and sealed again.
      const keys = await heldKeys(connection, providers, organizationId);
      const before = await openUnderOrganization(destination, ['secret'], row, keys);
      const home = { organization: organizationId, key: keys.current.accountKey, rowId: id };
      const values = { secret, previousSecret: before.secret };
      const sealed = await sealFields(destination, ['secret', 'previousSecret'], values, home);
      await connection.query(
        'update salus.destinations set secret = $3, previous_secret = $4 where (organization_id, id) = ($1, $2)',
        [
          organizationId,
          id,
          hexadecimal(sealed.get('secret') ?? null),
          hexadecimal(sealed.get('previous_secret') ?? null),
        ],
      );
    }
    await recordAsOwner(connection, {
      organization: organizationId,
      type: 'destination.update',
      resourceId: id,
    });
  });
}

/** Destinations of an organization, and how they are doing. @throws KeyProviderError */
export function destinationStates(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
): Promise<DestinationState[]> {
  return asOwner(connection, async () => {
    const { rows } = await connection.query(
      `select d.id, d.kind, d.target::text as target, d.with_origin as "withOrigin", d.failures, d.failing_since, d.delivered_at,
              case when d.kind in ('ocsf', 'syslog') then (
                select count(*) from salus.audit_leaves l
                 where l.organization_id = d.organization_id
                   and l.index >= coalesce((select c.next_index from salus.siem_cursors c
                                             where (c.organization_id, c.destination_id, c.year)
                                                 = (d.organization_id, d.id, l.year)), 0)
              ) else 0 end as waiting
         from salus.destinations d where d.organization_id = $1 order by d.id`,
      [organization],
    );
    if (rows.length === 0) return [];
    const keys = await heldKeys(connection, providers, organization);
    return Promise.all(
      rows.map(async (row) => ({
        ...shown.parse(await openUnderOrganization(destination, SHOWN, row, keys)),
        failures: Number(row.failures),
        failingSince: timeOf(row.failing_since),
        deliveredAt: timeOf(row.delivered_at),
        waiting: Number(row.waiting),
      })),
    );
  });
}

function timeOf(value: unknown): Date | null {
  return value instanceof Date ? value : null;
}
