-- The sweep looks at what is new, and not at all of the trail each minute. For each organization it is known before which time
-- every event has been seen to have its leaf. That time never passes an event without one, however long the log is out of
-- order. What comes to be behind it all the same (a transaction that committed very late, a clock that was set back, a leaf that
-- was lost) is found by a second look, which goes round the whole trail in slices.

create table sweep_positions (
  organization_id uuid primary key references organizations (id),
  -- Every event of it that was recorded before this had its leaf when it was looked at, or was set aside.
  placed_before timestamptz not null
);
-- Where the second look is: one row, after which event its next slice begins.
create table sweep_round (
  only_one boolean primary key default true check (only_one),
  organization_id uuid not null,
  recorded_at timestamptz not null,
  id uuid not null
);
insert into sweep_round (organization_id, recorded_at, id)
values ('00000000-0000-0000-0000-000000000000', '-infinity', '00000000-0000-0000-0000-000000000000');
alter table sweep_positions enable row level security; alter table sweep_positions force row level security;
alter table sweep_round enable row level security; alter table sweep_round force row level security;
create policy owner on sweep_positions to salus_owner using (true) with check (true);
create policy owner on sweep_round to salus_owner using (true) with check (true);

-- A leaf is looked up for each event, and not by `not exists`, of which PostgreSQL may make a join that reads all leaves.

-- Events of where not everything has been seen to have its leaf, and those that were set aside a day ago, a page at a time.
create or replace function events_without_leaf(older_than interval, after_time timestamptz, after_id uuid, at_most integer)
returns table (id uuid, recorded_at text, event jsonb)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select e.id, e.recorded_at::text, audit_row(e)
    from (
      select unplaced.* from organizations o
        left join sweep_positions p on p.organization_id = o.id
       cross join lateral (
         select e.* from audit_events e
          where e.organization_id = o.id
            and e.recorded_at >= coalesce(greatest(p.placed_before, after_time), '-infinity')
            and e.recorded_at < now() - older_than
            and (after_time is null or (e.recorded_at, e.id) > (after_time, after_id))
            and (select true from audit_leaves l where l.event_id = e.id) is null
            and (select u.noted_at > now() - interval '1 day' from unloggable_events u where u.event_id = e.id) is not true
          order by e.recorded_at, e.id limit at_most
       ) unplaced
      union all
      select e.* from unloggable_events u
        join sweep_positions p on p.organization_id = u.organization_id
        join audit_events e on e.organization_id = u.organization_id and e.id = u.event_id and e.recorded_at < p.placed_before
       where u.noted_at <= now() - interval '1 day' and (select true from audit_leaves l where l.event_id = u.event_id) is null
         and (after_time is null or (e.recorded_at, e.id) > (after_time, after_id))
    ) e
   order by e.recorded_at, e.id limit at_most
$$;

-- Notes how far everything has its leaf: to the first event that has none, or to the newest. Less a quarter of an hour, because
-- an event is dated when it is written and seen when its transaction commits.
create function note_sweep(older_than interval) returns void
language sql volatile security definer set search_path = salus, pg_temp
as $$
  insert into sweep_positions as s (organization_id, placed_before)
  select o.id, coalesce(missing.recorded_at, newest.recorded_at) - interval '15 minutes'
    from organizations o
    left join sweep_positions p on p.organization_id = o.id
   cross join lateral (
     select e.recorded_at from audit_events e
      where e.organization_id = o.id and e.recorded_at >= coalesce(p.placed_before, '-infinity')
        and e.recorded_at < now() - older_than
      order by e.recorded_at desc limit 1
   ) newest
    left join lateral (
     select e.recorded_at from audit_events e
      where e.organization_id = o.id and e.recorded_at >= coalesce(p.placed_before, '-infinity')
        and e.recorded_at < now() - older_than and (select true from audit_leaves l where l.event_id = e.id) is null
        and (select u.noted_at > now() - interval '1 day' from unloggable_events u where u.event_id = e.id) is not true
      order by e.recorded_at limit 1
   ) missing on true
   -- Four times an hour is enough.
   where p.placed_before is null or p.placed_before < now() - older_than - interval '30 minutes'
   order by o.id
  on conflict (organization_id) do update set placed_before = excluded.placed_before
   where s.placed_before <> excluded.placed_before
$$;

-- The second look: at the next slice of what has been seen to have its leaf. Answers at most so many events that have none, and
-- goes on behind the last of them the next time; behind the last of the trail it begins anew.
create function events_left_behind(slice integer, at_most integer)
returns table (id uuid, recorded_at text, event jsonb)
language sql volatile security definer set search_path = salus, pg_temp
as $$
  with looked_at as materialized (
    select e.organization_id, e.recorded_at, e.id
      from sweep_round r
     cross join lateral (
       select e.organization_id, e.recorded_at, e.id from audit_events e
        where (e.organization_id, e.recorded_at, e.id) > (r.organization_id, r.recorded_at, r.id)
        order by e.organization_id, e.recorded_at, e.id limit slice
     ) e
  ),
  missing as materialized (
    select o.* from looked_at o
      join sweep_positions p on p.organization_id = o.organization_id and o.recorded_at < p.placed_before
     where (select true from audit_leaves l where l.event_id = o.id) is null
       and (select u.noted_at > now() - interval '1 day' from unloggable_events u where u.event_id = o.id) is not true
     order by o.organization_id, o.recorded_at, o.id limit at_most
  ),
  last as (
    (select 1 as rank, m.* from missing m order by m.organization_id, m.recorded_at, m.id offset at_most - 1)
    union all
    (select 2, l.* from looked_at l order by l.organization_id, l.recorded_at, l.id offset slice - 1)
    union all
    (select 3, '00000000-0000-0000-0000-000000000000', '-infinity', '00000000-0000-0000-0000-000000000000')
    order by rank limit 1
  ),
  moved as (
    update sweep_round r set organization_id = last.organization_id, recorded_at = last.recorded_at, id = last.id from last
  )
  select m.id, m.recorded_at::text, e.event
    from missing m
   cross join lateral (
     select audit_row(e) as event from audit_events e
      where (e.organization_id, e.recorded_at, e.id) = (m.organization_id, m.recorded_at, m.id) limit 1
   ) e
   order by m.recorded_at, m.id
$$;

grant execute on function note_sweep(interval), events_left_behind(integer, integer) to salus_app;

-- Once, of all that there is.
select note_sweep(interval '1 minute');
