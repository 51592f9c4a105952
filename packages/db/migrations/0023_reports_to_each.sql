-- A weekly report goes to each compliance contact by itself: who has it is not sent it again because somebody else's server asks
-- for patience. And each week has its report, also when the clock stood still for more than one.

alter table reports add column attempts integer not null default 0 check (attempts >= 0);
-- Destinations that have it, and those that have refused it for good.
alter table reports add column sent_to uuid[] not null default '{}';
alter table reports add column refused_by uuid[] not null default '{}';
grant update (attempts, sent_to, refused_by) on reports to salus_app;

-- The weeks that have ended since the last one that has its report; at first last week alone. When the time zone has changed
-- since, the last one ended some hours from a Monday: the nearest is meant.
create or replace function due_reports() returns table (organization_id uuid, period_from timestamptz, period_until timestamptz)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select o.id, (w.ends - interval '7 days') at time zone o.time_zone, w.ends at time zone o.time_zone
    from organizations o
   cross join lateral (
     select date_trunc('week', now() at time zone o.time_zone) as monday,
            (select date_trunc('week', max(r.period_until) at time zone o.time_zone + interval '3 days 12 hours')
               from reports r where r.organization_id = o.id and r.trigger = 'weekly') as reported
   ) m
   cross join lateral generate_series(coalesce(m.reported + interval '7 days', m.monday), m.monday, interval '7 days') w(ends)
   where o.id <> '00000000-0000-0000-0000-000000000000'
     and o.created_at < w.ends at time zone o.time_zone
     -- What was under way when the week ended has committed by then.
     and now() > (w.ends at time zone o.time_zone) + interval '5 minutes'
   order by o.id, w.ends
$$;
