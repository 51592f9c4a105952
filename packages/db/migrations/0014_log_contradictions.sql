-- The trail beside its log: a row that is not what the log says of it becomes a security event, and a row that no leaf can
-- be made of is set aside for a day, so that it keeps no other from the log.

create table unloggable_events (
  event_id uuid primary key,
  organization_id uuid not null references organizations (id),
  noted_at timestamptz not null
);
alter table unloggable_events enable row level security;
alter table unloggable_events force row level security;
create policy owner on unloggable_events to salus_owner using (true) with check (true);

-- One security event about another event. Again, with the same reason, it says nothing new.
create function record_log_fault(of_organization uuid, of_type text, of_event uuid, with_details jsonb) returns void
language sql set search_path = salus, pg_temp
as $$
  insert into audit_events (organization_id, kind, type, outcome, resource, resource_id, request_id, details)
  select of_organization, 'security', of_type, 'failed', 'audit_event', of_event, gen_random_uuid(), with_details
   where not exists (
     select from audit_events e
      where e.organization_id = of_organization and e.type = of_type and e.resource_id = of_event
        and e.details->>'reason' is not distinct from with_details->>'reason')
$$;
revoke execute on function record_log_fault(uuid, text, uuid, jsonb) from public;

-- What stands in a leaf in the place of `changes` that are too large for it.
create function is_hash_of_changes(changes jsonb) returns boolean language sql immutable parallel safe
as $$
  select jsonb_typeof(changes) = 'object' and changes ? 'sha256' and changes - 'sha256' = '{}'::jsonb
$$;

-- How an event in the trail differs from what the log was given of it; null when it does not. A leaf that holds a hash is
-- of a row that holds the whole.
create function contradiction_of(stored jsonb, logged jsonb) returns text language sql immutable
as $$
  select case
    when stored is null then 'row_missing'
    when stored - 'changes' <> logged - 'changes' then 'row_changed'
    when is_hash_of_changes(stored->'changes') then 'row_changed'
    when not is_hash_of_changes(logged->'changes') and stored->'changes' <> logged->'changes' then 'row_changed'
  end
$$;

-- Notes where events were placed in a log, each given as it was logged. Says nothing new the second time; raises when it
-- contradicts the first. Answers which rows are not what the log says, and records a security event of each.
drop function record_leaves(uuid, integer, jsonb);
create function record_leaves(of_organization uuid, of_year integer, placed jsonb)
returns table (event_id uuid, reason text)
language plpgsql security definer set search_path = salus, pg_temp
as $$
begin
  insert into audit_leaves (organization_id, year, index, event_id)
  select of_organization, of_year, (p->>'index')::bigint, (p->>'eventId')::uuid
    from jsonb_array_elements(placed) p
  on conflict do nothing;
  if exists (
    select from jsonb_array_elements(placed) p
     where not exists (select from audit_leaves l
                        where (l.organization_id, l.year, l.index, l.event_id)
                            = (of_organization, of_year, (p->>'index')::bigint, (p->>'eventId')::uuid))
  ) then
    raise exception 'leaf contradicts an earlier one' using errcode = 'SA409';
  end if;

  for event_id, reason in
    select (p->>'eventId')::uuid,
           case when (p->>'contradicted')::boolean then 'logged_otherwise'
                else contradiction_of(
                       (select audit_row(e) from audit_events e
                         where e.id = (p->>'eventId')::uuid and e.organization_id = of_organization),
                       p->'row')
           end as found
      from jsonb_array_elements(placed) p
  loop
    if reason is not null then
      perform record_log_fault(of_organization, 'audit_event.contradicted', event_id,
                               jsonb_build_object('reason', reason, 'year', of_year));
      return next;
    end if;
  end loop;
end
$$;

-- Events that have no leaf yet and are old enough that their own call should have delivered them, a page at a time.
drop function events_without_leaf(interval, integer);
create function events_without_leaf(older_than interval, after_time timestamptz, after_id uuid, at_most integer)
returns table (id uuid, recorded_at text, event jsonb)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select e.id, e.recorded_at::text, audit_row(e) from audit_events e
   where e.recorded_at < clock_timestamp() - older_than
     and (after_time is null or (e.recorded_at, e.id) > (after_time, after_id))
     and not exists (select from audit_leaves l where l.event_id = e.id)
     and not exists (select from unloggable_events u
                      where u.event_id = e.id and u.noted_at > clock_timestamp() - interval '1 day')
   order by e.recorded_at, e.id
   limit at_most
$$;

-- Keeps events that no leaf can be made of from the sweep for a day. The first time it is a security event.
create function set_aside_events(ids uuid[]) returns void
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  aside record;
begin
  for aside in
    select e.id, e.organization_id from audit_events e
     where e.id = any(ids) and not exists (select from audit_leaves l where l.event_id = e.id)
  loop
    insert into unloggable_events as u (event_id, organization_id, noted_at)
    values (aside.id, aside.organization_id, clock_timestamp())
    on conflict (event_id) do update set noted_at = excluded.noted_at;
    perform record_log_fault(aside.organization_id, 'audit_event.unloggable', aside.id, '{"reason":"no_leaf"}');
  end loop;
end
$$;

grant execute on function
  events_without_leaf(interval, timestamptz, uuid, integer), record_leaves(uuid, integer, jsonb),
  set_aside_events(uuid[])
to salus_app;
