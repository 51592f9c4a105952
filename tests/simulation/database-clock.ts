// A database whose time and identifiers are the simulation's: each function, default and policy of the schema that asks
// PostgreSQL for them asks `simulated` instead. Everything else in it is as the migrations made it.
import type pg from 'pg';

const SCHEMA = `
  create schema simulated;
  grant usage on schema simulated to public;
  create sequence simulated.ids;
  create function simulated.now() returns timestamptz language sql stable
    as $$ select current_setting('simulated.now')::timestamptz $$;
  create function simulated.uuid() returns uuid language sql volatile security definer
    as $$
      select (lpad(to_hex((extract(epoch from simulated.now()) * 1000)::bigint), 12, '0')
              || '7' || lpad(to_hex(n & 4095), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid
        from (select nextval('simulated.ids') as n) next
    $$;
  grant execute on all functions in schema simulated to public;`;

const OF_TIME = /\b(?:pg_catalog\.)?(?:clock_timestamp|now|transaction_timestamp|statement_timestamp)\(\)/g;
const OF_CHANCE = /\b(?:pg_catalog\.)?(?:uuidv7|uuidv4|gen_random_uuid)\(\)/g;

/** The same SQL, which asks the simulation for the time and for identifiers. */
export const simulated = (sql: string) =>
  sql.replace(OF_TIME, 'simulated.now()').replace(OF_CHANCE, 'simulated.uuid()');

/** To be run once, as a superuser, on a database that has been migrated. */
export async function simulateClock(owner: pg.Client): Promise<void> {
  await owner.query(SCHEMA);
  const functions = await owner.query<{ text: string }>(
    `select pg_get_functiondef(p.oid) as text from pg_proc p where p.pronamespace = 'salus'::regnamespace and p.prokind = 'f'`,
  );
  for (const { text } of functions.rows) if (simulated(text) !== text) await owner.query(simulated(text));
  const defaults = await owner.query<{ table: string; column: string; text: string }>(
    `select format('%I.%I', table_schema, table_name) as table, quote_ident(column_name) as column, column_default as text
       from information_schema.columns where table_schema = 'salus' and column_default is not null`,
  );
  for (const { table, column, text } of defaults.rows) {
    if (simulated(text) !== text)
      await owner.query(`alter table ${table} alter column ${column} set default ${simulated(text)}`);
  }
  const policies = await owner.query<{
    name: string;
    table: string;
    using: string | null;
    check: string | null;
  }>(
    `select quote_ident(policyname) as name, format('%I.%I', schemaname, tablename) as table, qual as using, with_check as check
       from pg_policies where schemaname = 'salus'`,
  );
  for (const { name, table, using, check } of policies.rows) {
    if (simulated(`${using} ${check}`) === `${using} ${check}`) continue;
    const clauses = [using && `using (${simulated(using)})`, check && `with check (${simulated(check)})`];
    await owner.query(`alter policy ${name} on ${table} ${clauses.filter(Boolean).join(' ')}`);
  }
  await owner.query(`alter database ${owner.database} set simulated.now = '2000-01-01T00:00:00Z'`);
}
