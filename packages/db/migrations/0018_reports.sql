-- Reports of the trail: on request of the privacy officer or an administrator, and weekly by the clock.

-- Of the IANA database: when a day, a week and a working day begin.
alter table organizations add column time_zone text not null default 'UTC';
-- Refuses what is no time zone.
alter table organizations add constraint organizations_time_zone check ((timestamptz 'epoch' at time zone time_zone) is not null);

create table reports (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  trigger text not null check (trigger in ('weekly', 'request')),
  period_from timestamptz not null,
  period_until timestamptz not null check (period_until > period_from),
  events integer not null,
  checkpoint_size bigint,
  checkpoint_root text,
  created_by uuid,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  send_after timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, created_by) references users (organization_id, id),
  check ((trigger = 'weekly') = (created_by is null))
);
-- Two runs of the clock make a week's report once.
create unique index reports_weekly on reports (organization_id, period_from) where trigger = 'weekly';

alter table reports enable row level security; alter table reports force row level security;
create policy owner on reports to salus_owner using (true) with check (true);

create function may_report() returns boolean language sql stable
as $$
  select coalesce((salus.context()).role in ('privacy_officer', 'job.report')
                  or ((salus.context()).role = 'admin' and salus.second_factor_is_fresh()), false)
$$;

create policy reports_visible on reports for select to salus_app using (
  organization_id = (select (context()).organization_id) and (select may_report())
);
create policy reports_made on reports for insert to salus_app with check (
  organization_id = (select (context()).organization_id) and (select may_report())
  and created_by is not distinct from (select (context()).user_id)
);
create policy reports_sent on reports for update to salus_app
using (organization_id = (select (context()).organization_id) and (select (context()).role) = 'job.report')
with check (organization_id = (select (context()).organization_id));

grant select on reports to salus_app;
grant insert (organization_id, id, trigger, period_from, period_until, events, checkpoint_size, checkpoint_root, created_by)
  on reports to salus_app;
grant update (sent_at, send_after) on reports to salus_app;

-- An administrator, too, may have reports made of the trail, shortly after a second factor.
drop policy audit_events_visible on audit_events;
create policy audit_events_visible on audit_events for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and (request_id = (select (context()).request_id)
       or (select may_report())
       or (select is_job())
       or ((select (context()).role) = 'patient'
           and is_shown_to_patients(kind, resource)
           and (patient_id = (select (context()).patient_id)
                or (resource = 'patient' and outcome <> 'success' and resource_id = (select (context()).patient_id)))))
);

create function report_time_zone() returns text
language sql stable security definer set search_path = salus, pg_temp
as $$ select time_zone from organizations where id = (context()).organization_id and may_report() $$;

-- Who works for the organization, sealed, to be compared with whose records they have used.
create function report_staff() returns table (id uuid, display_name bytea, email bytea)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select u.id, u.display_name, u.email from users u
   where u.organization_id = (context()).organization_id and u.role <> 'patient' and u.erased_at is null and may_report()
$$;

-- What patients are called and their address of mail, sealed, with the key that opens them: of no other field.
create function report_patients(of_patients uuid[])
returns table (id uuid, name bytea, email bytea, wrapped bytea, key_version integer, organization_key_version integer)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select p.id, p.name, p.email, k.wrapped, k.version, k.organization_key_version
    from patients p
    join patient_keys k on (k.organization_id, k.patient_id, k.version) = (p.organization_id, p.id, p.key_version)
   where p.organization_id = (context()).organization_id and p.id = any (of_patients) and may_report()
$$;

-- Last week's report of each organization that has none yet; the platform has no compliance contacts.
create function due_reports() returns table (organization_id uuid, period_from timestamptz, period_until timestamptz)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select o.id, (w.monday - interval '7 days') at time zone o.time_zone, w.monday at time zone o.time_zone
    from organizations o
   cross join lateral (select date_trunc('week', now() at time zone o.time_zone) as monday) w
   where o.id <> '00000000-0000-0000-0000-000000000000'
     and o.created_at < w.monday at time zone o.time_zone
     -- What was under way when the week ended has committed by then.
     and now() > (w.monday at time zone o.time_zone) + interval '5 minutes'
     and not exists (select from reports r
                      where r.organization_id = o.id and r.trigger = 'weekly'
                        and r.period_until = w.monday at time zone o.time_zone)
   order by o.id
$$;

-- Weekly reports that have not gone out, of organizations that have somebody to send them to. After a fortnight it is too late.
create function unsent_reports() returns table (organization_id uuid, report_id uuid)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select r.organization_id, r.id from reports r
   where r.trigger = 'weekly' and r.sent_at is null and r.send_after <= now() and r.created_at > now() - interval '14 days'
     and exists (select from destinations d where d.organization_id = r.organization_id and d.kind = 'mail')
   order by r.organization_id, r.id
$$;

grant execute on function
  may_report(), report_time_zone(), report_staff(), report_patients(uuid[]), due_reports(), unsent_reports()
to salus_app;
