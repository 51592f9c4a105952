-- What somebody has to look at. A job raises an alert from the trail, once for a rule and a subject while it goes on; people
-- acknowledge it. It says a rule, a count and opaque ids, and is delivered to each destination until that has taken it.

create table alerts (
  organization_id uuid not null references organizations (id),
  id uuid not null default uuidv7(),
  rule text not null,
  -- An opaque id: a user's, a destination's; empty when it is about none.
  subject text not null,
  count integer not null check (count > 0),
  raised_at timestamptz not null default now(),
  -- Of the newest event that it is about.
  last_event_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by uuid,
  primary key (organization_id, id),
  foreign key (organization_id, acknowledged_by) references users (organization_id, id),
  check ((acknowledged_at is null) = (acknowledged_by is null))
);
create index alerts_subject on alerts (organization_id, rule, subject, raised_at desc);

create table alert_deliveries (
  organization_id uuid not null,
  alert_id uuid not null,
  destination_id uuid not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  delivered_at timestamptz,
  primary key (organization_id, alert_id, destination_id),
  foreign key (organization_id, alert_id) references alerts (organization_id, id) on delete cascade,
  foreign key (organization_id, destination_id) references destinations (organization_id, id) on delete cascade
);
create index alert_deliveries_waiting on alert_deliveries (organization_id, next_attempt_at) where delivered_at is null;

grant select on alerts, alert_deliveries to salus_app;
grant insert (organization_id, rule, subject, count, last_event_at) on alerts to salus_app;
grant update (count, last_event_at, acknowledged_at, acknowledged_by) on alerts to salus_app;
grant insert (organization_id, alert_id, destination_id) on alert_deliveries to salus_app;
grant update (attempts, next_attempt_at, delivered_at) on alert_deliveries to salus_app;

alter table alerts enable row level security; alter table alerts force row level security;
alter table alert_deliveries enable row level security; alter table alert_deliveries force row level security;
create policy owner on alerts to salus_owner using (true) with check (true);
create policy owner on alert_deliveries to salus_owner using (true) with check (true);

-- An administrator shortly after a second factor, as everywhere.
create function may_see_alerts() returns boolean language sql stable
as $$
  select coalesce(case (salus.context()).role
                    when 'job.alert' then true
                    when 'privacy_officer' then true
                    when 'admin' then salus.second_factor_is_fresh()
                  end, false)
$$;
grant execute on function may_see_alerts() to salus_app;

create policy alerts_visible on alerts for select to salus_app using (
  organization_id = (select (context()).organization_id) and (select may_see_alerts())
);
create policy alerts_raised on alerts for insert to salus_app with check (
  organization_id = (select (context()).organization_id) and (select (context()).role) = 'job.alert'
);
-- A job counts on; a person acknowledges, in their own name, and once.
create policy alerts_changed on alerts for update to salus_app
using (
  organization_id = (select (context()).organization_id) and (select may_see_alerts()) and acknowledged_at is null
)
with check (
  organization_id = (select (context()).organization_id)
  and acknowledged_by is not distinct from (select (context()).user_id)
);

create policy alert_deliveries_visible on alert_deliveries for select to salus_app using (
  organization_id = (select (context()).organization_id) and (select (context()).role) = 'job.alert'
);
create policy alert_deliveries_queued on alert_deliveries for insert to salus_app with check (
  organization_id = (select (context()).organization_id) and (select (context()).role) = 'job.alert'
);
create policy alert_deliveries_tried on alert_deliveries for update to salus_app
using (organization_id = (select (context()).organization_id) and (select (context()).role) = 'job.alert')
with check (organization_id = (select (context()).organization_id));
