-- How long the trail is kept, and how a year of it ends (45 CFR 164.316(b)(2)(i); docs/retention.md). Six years, longer by an
-- organization's own rule, never shorter. The database decides by its own clock and its own tables whether a year may go,
-- again at every step, and deletes nothing that is younger, whatever it is asked to.

create table retention_rules (
  organization_id uuid primary key references organizations (id),
  years integer not null check (years between 6 and 100),
  -- Who asks for it: a state's law, a contract. It will stand in certificates, which anybody may read.
  basis text not null check (length(basis) between 1 and 200),
  set_at timestamptz not null default clock_timestamp()
);

-- Years whose end was decided, and how far it is. A row stays for ever.
create table expired_years (
  organization_id uuid not null references organizations (id),
  year integer not null,
  rule_years integer not null check (rule_years >= 6),
  rule_basis text not null,
  decided_at timestamptz not null default clock_timestamp(),
  request_id uuid not null,
  first_recorded_at timestamptz not null,
  last_recorded_at timestamptz not null,
  -- Of the final checkpoint, once it is certified, and the event that says so.
  size bigint,
  root bytea check (length(root) = 32),
  event_id uuid,
  finished_at timestamptz,
  primary key (organization_id, year),
  check (num_nonnulls(size, root, event_id) in (0, 3)),
  check (finished_at is null or event_id is not null)
);

alter table retention_rules enable row level security; alter table retention_rules force row level security;
alter table expired_years enable row level security; alter table expired_years force row level security;
create policy owner on retention_rules to salus_owner using (true) with check (true);
create policy owner on expired_years to salus_owner using (true) with check (true);

create function start_of_year(of_year integer) returns timestamptz language sql immutable strict
as $$ select make_timestamptz(of_year, 1, 1, 0, 0, 0, 'UTC') $$;

create function retention_basis() returns text language sql immutable as $$ select '45 CFR 164.316(b)(2)(i)' $$;

create function retention_years(of_organization uuid) returns integer
language sql stable security definer set search_path = salus, pg_temp
as $$ select greatest(6, (select years from retention_rules where organization_id = of_organization)) $$;

-- Why a year must stay, or null. The last of its events must have been kept for as long as the rule asks, and no legal hold
-- may be in force on the organization or on any of its patients.
create function retention_refusal(of_organization uuid, of_year integer) returns text
language sql volatile security definer set search_path = salus, pg_temp
as $$
  select case
    when clock_timestamp() < start_of_year(of_year + 1 + retention_years(of_organization)) then 'too_young'
    when is_held(of_organization, null) then 'held'
  end
$$;

-- The context of a retention job. Raises SA404 in any other.
create function retention_context() returns request_context
language plpgsql stable security definer set search_path = salus, pg_temp
as $$
declare
  c request_context := context();
begin
  if c.role is distinct from 'job.retention' then raise exception 'no retention job' using errcode = 'SA404'; end if;
  return c;
end
$$;

create function record_retention(of_type text, of_kind text, with_outcome text, with_details jsonb, out id uuid, out event jsonb)
language sql security definer set search_path = salus, pg_temp
as $$
  insert into audit_events as e (organization_id, kind, type, outcome, actor_role, resource, request_id, details)
  select c.organization_id, of_kind, of_type, with_outcome, c.role, 'audit_event', c.request_id, with_details
    from retention_context() c
  returning e.id, audit_row(e)
$$;

-- Years that can go now: those of the trail that nothing keeps, and those whose end was begun. The oldest first.
create function expiring_years() returns table (organization_id uuid, year integer)
language sql volatile security definer set search_path = salus, pg_temp
as $$
  select o.id, y
    from organizations o
   cross join lateral (select extract(year from min(e.recorded_at) at time zone 'UTC')::integer as first
                         from audit_events e where e.organization_id = o.id) oldest
   cross join lateral (
     select generate_series(oldest.first, extract(year from clock_timestamp() at time zone 'UTC')::integer - 7) as y
      union
     select x.year from expired_years x where x.organization_id = o.id and x.finished_at is null
   ) years
   where retention_refusal(o.id, y) is null
     -- One that is finished has no events; what somebody put there since has no log to come to.
     and not exists (select from expired_years x where (x.organization_id, x.year) = (o.id, y) and x.finished_at is not null)
     and (exists (select from expired_years x where (x.organization_id, x.year) = (o.id, y))
          or exists (select from audit_events e where e.organization_id = o.id
                        and e.recorded_at >= start_of_year(y) and e.recorded_at < start_of_year(y + 1)))
   order by y, o.id
$$;

-- Decides that a year ends, once: a second time answers what was decided. A refusal is an event.
create function begin_expiry(of_year integer, out refusal text, out decision expired_years, out event jsonb)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context := retention_context();
  first timestamptz;
  last timestamptz;
begin
  select min(e.recorded_at), max(e.recorded_at) into first, last from audit_events e
   where e.organization_id = c.organization_id
     and e.recorded_at >= start_of_year(of_year) and e.recorded_at < start_of_year(of_year + 1);
  perform lock_legal_holds(c.organization_id);
  refusal := retention_refusal(c.organization_id, of_year);
  if refusal is null and first is not null then
    insert into expired_years
      (organization_id, year, rule_years, rule_basis, request_id, first_recorded_at, last_recorded_at)
    select c.organization_id, of_year, retention_years(c.organization_id),
           coalesce((select r.basis from retention_rules r where r.organization_id = c.organization_id),
                    retention_basis()), c.request_id, first, last
    on conflict do nothing;
  end if;
  if refusal is null then
    select * into decision from expired_years x where (x.organization_id, x.year) = (c.organization_id, of_year);
    if not found then refusal := 'no_events'; end if;
  end if;
  if refusal is not null then
    event := (record_retention('retention.refused', 'security', 'denied',
                               jsonb_build_object('year', of_year, 'reason', refusal))).event;
  end if;
end
$$;

-- Whether a month of the trail is in its log: how many events it has, and how many of them have no leaf there.
create function month_in_log(of_year integer, of_month integer, out events bigint, out without_leaf bigint)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select count(*), count(*) filter (where not exists (
           select from audit_leaves l
            where l.event_id = e.id and (l.organization_id, l.year) = (e.organization_id, of_year)))
    from retention_context() c
    join audit_events e on e.organization_id = c.organization_id
   where e.recorded_at >= make_timestamptz(of_year, of_month, 1, 0, 0, 0, 'UTC')
     and e.recorded_at < date_add(make_timestamptz(of_year, of_month, 1, 0, 0, 0, 'UTC'), interval '1 month', 'UTC')
$$;

-- Records, in the present log, that a year has ended and is certified: once. Raises SA409 when it says otherwise than before,
-- or than the leaves.
create function record_expiry(of_year integer, final_size bigint, final_root bytea, out refusal text, out event jsonb)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context := retention_context();
  expired expired_years;
  recorded record;
begin
  select * into expired from expired_years x where (x.organization_id, x.year) = (c.organization_id, of_year) for update;
  if not found then raise exception 'not decided' using errcode = 'SA404'; end if;
  if expired.event_id is not null then
    if (expired.size, expired.root) is distinct from (final_size, final_root) then
      raise exception 'certified otherwise' using errcode = 'SA409';
    end if;
    return;
  end if;
  perform lock_legal_holds(c.organization_id);
  refusal := retention_refusal(c.organization_id, of_year);
  if refusal is not null then
    event := (record_retention('retention.refused', 'security', 'denied',
                               jsonb_build_object('year', of_year, 'reason', refusal))).event;
    return;
  end if;
  if final_size is distinct from
     (select max(l.index) + 1 from audit_leaves l where (l.organization_id, l.year) = (c.organization_id, of_year)) then
    raise exception 'the log has another size' using errcode = 'SA409';
  end if;
  recorded := record_retention('retention.expired', 'system_change', 'success', jsonb_build_object(
    'year', of_year, 'size', final_size, 'root', base64(final_root),
    'ruleYears', expired.rule_years, 'ruleBasis', expired.rule_basis));
  event := recorded.event;
  update expired_years x set size = final_size, root = final_root, event_id = recorded.id
   where (x.organization_id, x.year) = (c.organization_id, of_year);
end
$$;

-- Why a certified year may not be destroyed yet, or null: the event that says so must be in a log itself.
create function destruction_refusal(of_year integer) returns text
language sql volatile security definer set search_path = salus, pg_temp
as $$
  select coalesce(
    retention_refusal(c.organization_id, of_year),
    case when not exists (
      select from expired_years x join audit_leaves l on l.event_id = x.event_id
       where (x.organization_id, x.year) = (c.organization_id, of_year)) then 'not_in_log' end)
    from retention_context() c
$$;

-- Deletes events of a year and their leaves, together, at most so many. An event without a leaf is not deleted: it may be all
-- that there is of it. The second condition on its age stands alone, should the first ever be wrong.
create function drop_expired_events(of_year integer, at_most integer, out refusal text, out dropped integer, out remaining boolean)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context := retention_context();
begin
  -- A hold waits for this, and this for a hold. Two of these at once would each miss what the other deletes, and one of them
  -- take it for events without a leaf.
  perform lock_legal_holds(c.organization_id);
  refusal := destruction_refusal(of_year);
  if refusal is not null then
    dropped := 0;
    remaining := true;
    return;
  end if;
  with victims as (
    select e.organization_id, e.recorded_at, e.id
      from audit_events e
      join audit_leaves l on l.event_id = e.id and (l.organization_id, l.year) = (e.organization_id, of_year)
     where e.organization_id = c.organization_id
       and e.recorded_at >= start_of_year(of_year) and e.recorded_at < start_of_year(of_year + 1)
       and e.recorded_at < clock_timestamp() - interval '6 years'
     order by e.recorded_at limit at_most
  ), gone as (
    delete from audit_events e using victims v
     where (e.organization_id, e.recorded_at, e.id) = (v.organization_id, v.recorded_at, v.id)
       and e.recorded_at >= start_of_year(of_year) and e.recorded_at < start_of_year(of_year + 1)
    returning e.id
  ), leaves as (
    delete from audit_leaves l using gone where l.event_id = gone.id
  )
  select count(*) into dropped from gone;
  remaining := exists (select from audit_events e where e.organization_id = c.organization_id
                          and e.recorded_at >= start_of_year(of_year) and e.recorded_at < start_of_year(of_year + 1));
  if not remaining then
    delete from audit_leaves l where (l.organization_id, l.year) = (c.organization_id, of_year);
    update expired_years x set finished_at = clock_timestamp()
     where (x.organization_id, x.year) = (c.organization_id, of_year) and x.finished_at is null;
  end if;
end
$$;

-- Drops months of the trail that no organization has an event in any more, and that no event can come to. When somebody is
-- reading just then, the next time is as good.
create function drop_empty_months() returns setof text
language plpgsql security definer set search_path = salus, pg_temp set lock_timeout = '1s'
as $$
declare
  month record;
  any_event boolean;
begin
  perform retention_context();
  for month in
    select p.relname::text as name
      from pg_inherits i join pg_class p on p.oid = i.inhrelid
     where i.inhparent = 'audit_events'::regclass and p.relname ~ '^audit_events_\d{4}_\d{2}$'
       and to_date(right(p.relname, 7), 'YYYY_MM') + interval '6 years 1 month' <= clock_timestamp() at time zone 'UTC'
     order by 1
  loop
    execute format('select exists (select from %I)', month.name) into any_event;
    continue when any_event;
    begin
      lock table audit_events in access exclusive mode;
      execute format('select exists (select from %I)', month.name) into any_event;
      continue when any_event;
      execute format('drop table %I', month.name);
      return next month.name;
    exception when lock_not_available then
      return;
    end;
  end loop;
end
$$;

grant execute on function
  expiring_years(), begin_expiry(integer), month_in_log(integer, integer), record_expiry(integer, bigint, bytea),
  destruction_refusal(integer), drop_expired_events(integer, integer), drop_empty_months()
to salus_app;

-- What else has an end: what was left behind by signing in. Periods and reasons: docs/retention.md.
create index sign_in_attempts_age on sign_in_attempts (attempted_at);
create index sign_in_challenges_age on sign_in_challenges (expires_at);
create index sessions_age on sessions (expires_at);

create function sign_in_remains(older_by interval, out attempts timestamptz, out challenges timestamptz, out sessions timestamptz)
language sql stable
as $$
  select now() - interval '1 day' - older_by, now() - interval '7 days' - older_by, now() - interval '90 days' - older_by
$$;

-- Deletes at most so many of each kind, of every organization, and says how many: in the trail of the platform, when there were
-- any. It begins when something is a day past its end, and takes everything that is past it, so that there is one event a day.
create function purge_sign_in(at_most integer, out more boolean, out event jsonb)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context := retention_context();
  late record := sign_in_remains(interval '1 day');
  past record := sign_in_remains(interval '0');
  attempts integer;
  challenges integer;
  tokens integer;
  ended integer;
  due boolean;
begin
  if c.organization_id <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'the platform alone' using errcode = 'SA404';
  end if;
  due := exists (select from sign_in_attempts a where a.attempted_at < late.attempts)
      or exists (select from sign_in_challenges s where s.expires_at < late.challenges)
      or exists (select from sessions s where s.expires_at < late.sessions);
  more := false;
  if not due then return; end if;

  delete from sign_in_attempts a where a.ctid = any (array(
    select b.ctid from sign_in_attempts b where b.attempted_at < past.attempts order by b.attempted_at limit at_most));
  get diagnostics attempts = row_count;
  delete from sign_in_challenges s where s.ctid = any (array(
    select b.ctid from sign_in_challenges b where b.expires_at < past.challenges order by b.expires_at limit at_most));
  get diagnostics challenges = row_count;
  delete from refresh_tokens t where t.ctid = any (array(
    select b.ctid from sessions s
      join refresh_tokens b on (b.organization_id, b.session_id) = (s.organization_id, s.id)
     where s.expires_at < past.sessions order by s.expires_at limit at_most));
  get diagnostics tokens = row_count;
  delete from sessions s where s.ctid = any (array(
    select b.ctid from sessions b
     where b.expires_at < past.sessions
       and not exists (select from refresh_tokens t
                        where (t.organization_id, t.session_id) = (b.organization_id, b.id))
     order by b.expires_at limit at_most));
  get diagnostics ended = row_count;

  more := greatest(attempts, challenges, tokens, ended) >= at_most;
  event := (record_retention('retention.purged', 'system_change', 'success', jsonb_build_object(
    'attempts', attempts, 'challenges', challenges, 'refreshTokens', tokens, 'sessions', ended))).event;
end
$$;

grant execute on function purge_sign_in(integer) to salus_app;
