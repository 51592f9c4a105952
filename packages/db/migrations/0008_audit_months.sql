-- The trail lies in months, `audit_events_YYYY_MM` in UTC, so that a search reads the months it is about and no other, and a
-- month that is past its retention goes as a whole.

-- Makes this month and the eighteen after it, where they are missing, and the month of whatever came in while there was none:
-- such rows lie in audit_events_default, and move. Returns how many it made. The runtime role may call it, so that a deployment
-- that nobody touches for years does not run out of months; it takes no argument and does nothing else.
create function add_audit_months() returns integer
language plpgsql security definer set search_path = salus, pg_temp set lock_timeout = '2s'
as $$
declare
  month timestamptz;
  following timestamptz;
  name text;
  made integer := 0;
begin
  for month in
    select generate_series(date_trunc('month', now(), 'UTC'), now() + interval '18 months', interval '1 month', 'UTC')
    union
    select date_trunc('month', recorded_at, 'UTC') from audit_events_default
    order by 1
  loop
    name := 'audit_events_' || to_char(month at time zone 'UTC', 'YYYY_MM');
    following := date_add(month, interval '1 month', 'UTC');
    continue when to_regclass(name) is not null;
    -- Two of these at once make each month once.
    lock table audit_events_default in access exclusive mode;
    continue when to_regclass(name) is not null;
    execute format('create table %I (like audit_events including all)', name);
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy owner on %I to salus_owner using (true) with check (true)', name);
    execute format('insert into %I select * from audit_events_default where recorded_at >= %L and recorded_at < %L',
                   name, month, following);
    delete from audit_events_default where recorded_at >= month and recorded_at < following;
    execute format('alter table audit_events attach partition %I for values from (%L) to (%L)', name, month, following);
    made := made + 1;
  end loop;
  return made;
end
$$;

grant execute on function add_audit_months() to salus_app;

-- A search by any of these reads the newest that match, and stops.
create index audit_events_kind on audit_events (organization_id, kind, recorded_at, id);
create index audit_events_type on audit_events (organization_id, type, recorded_at, id);
create index audit_events_resource on audit_events (organization_id, resource, recorded_at, id);
create index audit_events_refused on audit_events (organization_id, outcome, recorded_at, id) where outcome <> 'success';
