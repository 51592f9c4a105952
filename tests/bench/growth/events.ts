// A trail of any length: copies of the events that are there, spread over the past month, each with an id of its own.
import type { BenchDatabase } from '../system/database.ts';

const AT_ONCE = 100_000;

export async function growTrail({ owner }: BenchDatabase, events: number): Promise<void> {
  const { rows: columns } = await owner.query<{ name: string }>(
    `select column_name as name from information_schema.columns
      where table_schema = 'salus' and table_name = 'audit_events' and is_generated = 'NEVER' order by ordinal_position`,
  );
  const names = columns.map(({ name }) => name);
  const copied = names.map((name) => {
    if (name === 'id') return 'uuidv7()';
    return name === 'recorded_at' ? "now() - (n * interval '1 second' / 40)" : `e.${name}`;
  });
  await owner.query("set session_replication_role = 'replica'");
  for (;;) {
    const { rows } = await owner.query<{ n: number }>('select count(*)::int as n from salus.audit_events');
    const there = rows[0]?.n ?? events;
    const missing = Math.min(events - there, AT_ONCE);
    if (missing <= 0) break;
    await owner.query(
      `with models as materialized (select e, row_number() over () as at from salus.audit_events e
                                   where e.kind = 'phi_access' limit 1000)
       insert into salus.audit_events (${names.join(', ')})
       select ${copied.join(', ').replaceAll('e.', '(e).')}
         from generate_series(${there}::int, ${there + missing - 1}::int) n
         join models on models.at = 1 + n % (select count(*) from models)`,
    );
  }
  await owner.query("set session_replication_role = 'origin'");
  await owner.query('vacuum analyze salus.audit_events');
}
