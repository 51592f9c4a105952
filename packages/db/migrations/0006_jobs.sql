-- Work that nobody signed in for: reports, alerts, exports, retention. A job acts for one organization at a time, is named
-- in every event that it causes (actor_role 'job.report'), and sees the organization's trail but none of its records.

create function require_weak_runtime_role() returns void
language plpgsql stable security definer set search_path = salus, pg_temp
as $$
begin
  if exists (select from pg_roles where rolname = session_user and (rolsuper or rolbypassrls))
     or pg_has_role(session_user, 'salus_owner', 'member') then
    raise exception 'runtime role is too strong' using errcode = 'SA500';
  end if;
end
$$;

create or replace function begin_request(of_session uuid, of_request uuid, in_role text, for_purpose text) returns void
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context;
  seen timestamptz;
begin
  perform require_weak_runtime_role();

  select s.organization_id, s.user_id, u.role, s.id, of_request, for_purpose, u.patient_id, s.second_factor_at
    into c
    from sessions s
    join users u on (u.organization_id, u.id) = (s.organization_id, s.user_id)
   where s.id = of_session
     and s.revoked_at is null
     and s.expires_at > now()
     and s.last_seen_at > now() - idle_limit()
     and u.disabled_at is null
     and u.role = s.role
     and u.role = in_role;
  if not found then
    raise exception 'session has ended' using errcode = 'SA401';
  end if;

  -- At most once a minute, so that a read does not become a write of the session row.
  update sessions set last_seen_at = now()
   where id = of_session and last_seen_at < now() - interval '1 minute';

  perform set_context(c);
end
$$;

-- Sets the context of a job for this transaction. Raises SA404 for an organization or a job that there is not.
create function begin_job(of_organization uuid, of_request uuid, job text) returns void
language plpgsql security definer set search_path = salus, pg_temp
as $$
begin
  perform require_weak_runtime_role();
  if job is null or job not in ('report', 'alert', 'siem_export', 'retention')
     or not exists (select from organizations where id = of_organization) then
    raise exception 'no such job' using errcode = 'SA404';
  end if;
  perform set_context(row(of_organization, null, 'job.' || job, null, of_request, null, null, null)::request_context);
end
$$;

create function is_job() returns boolean language sql stable
as $$ select coalesce(starts_with((salus.context()).role, 'job.'), false) $$;

-- Every organization there is, so that each can be given its turn; the platform comes first.
create function organization_ids() returns setof uuid
language sql stable security definer set search_path = salus, pg_temp
as $$ select id from organizations order by id $$;

drop policy audit_events_recorded on audit_events;
create policy audit_events_recorded on audit_events for insert to salus_app with check (
  (select (context()).organization_id) is not null
  and row(organization_id, actor_id, actor_role, session_id, request_id, purpose) is not distinct from
      (select row(c.organization_id, c.user_id, c.role, c.session_id, c.request_id, c.purpose) from context() c)
);

drop policy audit_events_visible on audit_events;
create policy audit_events_visible on audit_events for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and (request_id = (select (context()).request_id)
       or (select (context()).role) = 'privacy_officer'
       or (select is_job()))
);

drop policy audit_leaves_visible on audit_leaves;
create policy audit_leaves_visible on audit_leaves for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and ((select (context()).role) = 'privacy_officer' or (select is_job()))
);

grant execute on function begin_job(uuid, uuid, text), is_job(), organization_ids() to salus_app;
