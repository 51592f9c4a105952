// How long each organization's trail is kept, for whoever operates a deployment (docs/retention.md). Runs in Node on the owner's
// connection. That no rule is shorter than six years (45 CFR 164.316(b)(2)(i)), the database sees to.
import { type OrganizationId, organizationId } from '@salus/schema';
import type { SqlConnection } from './migrate.ts';
import { asOwner, recordAsOwner } from './owner.ts';

export interface RetentionRule {
  readonly years: number;
  /** Who asks for it. It will stand in certificates, which anybody may read. */
  readonly basis: string;
}

/** `kept` until a day; `held` by a legal hold although its time has come; `due`; `ending`: decided; `deleted`. */
export type YearState = 'kept' | 'held' | 'due' | 'ending' | 'deleted';

export interface RetentionStatus {
  readonly organization: OrganizationId;
  readonly name: string;
  readonly rule: RetentionRule;
  readonly held: boolean;
  readonly years: readonly {
    readonly year: number;
    readonly state: YearState;
    /** The first day on which it may go, by the present rule; ISO 8601. */
    readonly expires: string;
    /** Of a year that was certified. */
    readonly size: number | null;
  }[];
}

export class RetentionRuleError extends Error {
  override readonly name = 'RetentionRuleError';
  readonly code: 'rule_not_allowed' | 'organization_unknown';

  constructor(code: RetentionRuleError['code']) {
    super(code.replaceAll('_', ' '));
    this.code = code;
  }
}

/** Sets the rule of an organization, and tells which it had. @throws RetentionRuleError */
export async function setRetentionRule(
  connection: SqlConnection,
  organization: OrganizationId,
  { years, basis }: RetentionRule,
): Promise<{ readonly before: number }> {
  try {
    return await asOwner(connection, async () => {
      const { rows } = await connection.query('select salus.retention_years($1) as before', [organization]);
      const before = Number(rows[0]?.before);
      await connection.query(
        `insert into salus.retention_rules (organization_id, years, basis) values ($1, $2, $3)
         on conflict (organization_id)
         do update set years = excluded.years, basis = excluded.basis, set_at = clock_timestamp()`,
        [organization, years, basis],
      );
      await recordAsOwner(connection, {
        organization,
        type: 'retention_rule.update',
        resourceId: organization,
        details: { before, years, basis },
      });
      return { before };
    });
  } catch (error) {
    throw ruleErrorOf(error);
  }
}

/** PostgreSQL's own message would repeat the row. */
function ruleErrorOf(error: unknown): unknown {
  const state = error instanceof Error && 'code' in error ? error.code : undefined;
  if (state === '23514') return new RetentionRuleError('rule_not_allowed');
  if (state === '23503') return new RetentionRuleError('organization_unknown');
  return error;
}

/** Organizations by id, the platform first; the oldest years first. */
export async function retentionStatus(connection: SqlConnection): Promise<RetentionStatus[]> {
  const { rows } = await asOwner(connection, () => connection.query(STATUS));
  const byOrganization = Map.groupBy(rows, ({ id }) => String(id));
  return [...byOrganization].map(([id, years]) => {
    const [first = {}] = years;
    return {
      organization: organizationId.parse(id),
      name: String(first.name),
      rule: { years: Number(first.rule_years), basis: String(first.basis) },
      held: first.held === true,
      years: years.filter(({ year }) => year !== null).map(yearOf),
    };
  });
}

function yearOf({ year, finished, decided, held, due, expires, size }: Record<string, unknown>) {
  const waiting: YearState =
    due !== true ? 'kept' : held === true ? 'held' : decided === true ? 'ending' : 'due';
  return {
    year: Number(year),
    state: finished === true ? ('deleted' as const) : waiting,
    expires: String(expires),
    size: size === null ? null : Number(size),
  };
}

const STATUS = `
  select o.id, o.name, salus.retention_years(o.id) as rule_years, coalesce(r.basis, salus.retention_basis()) as basis,
         salus.is_held(o.id, null) as held, y.year, x.organization_id is not null as decided,
         x.finished_at is not null as finished, x.size,
         to_char(salus.start_of_year(y.year + 1 + salus.retention_years(o.id)) at time zone 'UTC', 'YYYY-MM-DD') as expires,
         clock_timestamp() >= salus.start_of_year(y.year + 1 + salus.retention_years(o.id)) as due
    from salus.organizations o
    left join salus.retention_rules r on r.organization_id = o.id
    left join lateral (
      select g.year
        from generate_series(
               (select extract(year from min(e.recorded_at) at time zone 'UTC')::integer
                  from salus.audit_events e where e.organization_id = o.id),
               extract(year from clock_timestamp() at time zone 'UTC')::integer) as g (year)
       where exists (select from salus.audit_events e where e.organization_id = o.id
                        and e.recorded_at >= salus.start_of_year(g.year) and e.recorded_at < salus.start_of_year(g.year + 1))
       union
      select z.year from salus.expired_years z where z.organization_id = o.id
    ) y on true
    left join salus.expired_years x on (x.organization_id, x.year) = (o.id, y.year)
   order by o.id, y.year`;
