-- Where an organization's trail, alerts and reports go outside: set up by the owner alone, so that no call of the API can turn
-- a SIEM off or point it elsewhere. A job notes how far it has come; it can change nothing else here.

create table destinations (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  kind text not null check (kind in ('ocsf', 'syslog', 'webhook', 'mail')),
  -- A URL, or an address of mail.
  target bytea not null,
  authentication text check (authentication in ('hmac', 'bearer')),
  secret bytea,
  -- The one before it, while both are in force.
  previous_secret bytea,
  -- Whether callers' addresses and agents go along.
  with_origin boolean not null default false,
  created_at timestamptz not null default now(),
  -- Not before then is it tried again. Whoever is at it has put it off, and is known by what it was put off to.
  next_attempt_at timestamptz not null default now(),
  failures integer not null default 0 check (failures >= 0),
  failing_since timestamptz,
  delivered_at timestamptz,
  primary key (organization_id, id),
  check ((kind = 'mail') = (secret is null)),
  check ((secret is null) = (authentication is null)),
  check (previous_secret is null or authentication = 'hmac'),
  check (with_origin = false or kind in ('ocsf', 'syslog')),
  check ((failures = 0) = (failing_since is null))
);

-- How much of a log a SIEM has taken: every event below `next_index`, and none above.
create table siem_cursors (
  organization_id uuid not null,
  destination_id uuid not null,
  year integer not null,
  next_index bigint not null check (next_index >= 0),
  primary key (organization_id, destination_id, year),
  foreign key (organization_id, destination_id) references destinations (organization_id, id) on delete cascade
);

-- Organizations with a SIEM whose turn it is, so that the others cost nothing.
create function organizations_to_export() returns setof uuid
language sql stable security definer set search_path = salus, pg_temp
as $$
  select distinct organization_id from destinations
   where kind in ('ocsf', 'syslog') and next_attempt_at <= now() order by organization_id
$$;

grant execute on function organizations_to_export() to salus_app;
grant select on destinations, siem_cursors to salus_app;
grant update (next_attempt_at, failures, failing_since, delivered_at) on destinations to salus_app;
grant insert (organization_id, destination_id, year, next_index), update (next_index) on siem_cursors to salus_app;

alter table destinations enable row level security; alter table destinations force row level security;
alter table siem_cursors enable row level security; alter table siem_cursors force row level security;
create policy owner on destinations to salus_owner using (true) with check (true);
create policy owner on siem_cursors to salus_owner using (true) with check (true);

create policy destinations_visible on destinations for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and (select (context()).role) in ('job.siem_export', 'job.alert', 'job.report')
);
create policy destinations_tried on destinations for update to salus_app
using (organization_id = (select (context()).organization_id) and (select (context()).role) = 'job.siem_export')
with check (organization_id = (select (context()).organization_id));

create policy siem_cursors_visible on siem_cursors for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and (select (context()).role) in ('job.siem_export', 'job.alert')
);
create policy siem_cursors_begun on siem_cursors for insert to salus_app with check (
  organization_id = (select (context()).organization_id) and (select (context()).role) = 'job.siem_export'
);
create policy siem_cursors_moved on siem_cursors for update to salus_app
using (organization_id = (select (context()).organization_id) and (select (context()).role) = 'job.siem_export')
with check (organization_id = (select (context()).organization_id));

-- Forwards only: what a SIEM has taken, it has taken.
create function siem_cursor_moves_forwards() returns trigger language plpgsql set search_path = salus, pg_temp
as $$
begin
  if new.next_index < old.next_index then
    raise exception 'a cursor moves forwards' using errcode = 'SA409';
  end if;
  return new;
end
$$;
create trigger siem_cursor_moves_forwards before update on siem_cursors
for each row execute function siem_cursor_moves_forwards();
