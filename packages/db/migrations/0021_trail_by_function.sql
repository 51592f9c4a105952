-- Rows of the trail are written by functions alone. The runtime role could insert what its context allowed; now it can insert
-- nothing, and who, where and why are not compared with the verified context but taken from it (docs/decisions/0010).

-- Records one event for each subject, and returns each as its leaf will have it.
create or replace function record_events(
  of_kind text, of_type text, of_resource text, of_fields text[], from_origin bytea, subjects event_subject[]
) returns setof jsonb
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context := context();
begin
  if c.organization_id is null then
    raise exception 'no context' using errcode = 'insufficient_privilege';
  end if;
  return query
    insert into audit_events as e
      (organization_id, actor_id, actor_role, session_id, request_id, purpose,
       kind, type, outcome, patient_id, resource, resource_id, fields, origin, changes, details)
    select c.organization_id, c.user_id, c.role, c.session_id, c.request_id, c.purpose,
           of_kind, of_type, s.outcome, s.patient_id, of_resource, s.resource_id, of_fields, from_origin, s.changes, s.details
      from unnest(subjects) s
    returning audit_row(e);
end
$$;

revoke insert on audit_events from salus_app;
revoke insert (organization_id, kind, type, outcome, actor_id, actor_role, session_id, patient_id, resource, resource_id,
               purpose, fields, request_id, origin, changes, details)
  on audit_events from salus_app;
drop policy audit_events_recorded on audit_events;

-- Each event locked the row of its organization, and so every call of an organization the same row.
alter table audit_events drop constraint audit_events_organization_id_fkey;

-- As before (0006), but that a session is not written to unless it has not been seen for a minute.
create or replace function begin_request(of_session uuid, of_request uuid, in_role text, for_purpose text) returns void
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context;
  seen timestamptz;
begin
  perform require_weak_runtime_role();

  select s.organization_id, s.user_id, u.role, s.id, of_request, for_purpose, u.patient_id, s.second_factor_at, s.last_seen_at
    into c.organization_id, c.user_id, c.role, c.session_id, c.request_id, c.purpose, c.patient_id, c.second_factor_at, seen
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

  if seen < now() - interval '1 minute' then
    update sessions set last_seen_at = now() where id = of_session and last_seen_at < now() - interval '1 minute';
  end if;

  perform set_context(c);
end
$$;
