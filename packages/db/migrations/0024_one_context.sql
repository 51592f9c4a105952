-- A transaction has one context, a context says the same however settings are changed after it was made, and what the trail says
-- of a session begins nothing (docs/decisions/0011).

-- Policies ask for the parts of a context one by one. With two in one transaction a statement could be given the organization of
-- the one and the role of the other. A transaction keeps its id, whatever savepoint is rolled back: who has one is too late.
-- With another style of dates, a moment would be written here that can be read as another one there.
create or replace function set_context(c request_context) returns void
language plpgsql security definer set search_path = salus, pg_temp set datestyle = 'ISO'
as $$
begin
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'a context comes first, and once' using errcode = 'invalid_transaction_state';
  end if;
  perform set_config('salus.context_code', context_code(c::text), true), set_config('salus.context', c::text, true);
end
$$;

-- As before (0021), but that the session is written to last, because a write gives the transaction its id.
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

  perform set_context(c);

  if seen < now() - interval '1 minute' then
    update sessions set last_seen_at = now() where id = of_session and last_seen_at < now() - interval '1 minute';
  end if;
end
$$;

-- What the trail calls a session: anybody may read a log, and the runtime role the trail of any organization (begin_job), but
-- whoever knows a session's own id can begin a request with it. A hash of that id, as a UUID of version 8 (RFC 9562 §5.8); the id
-- is random, so that it is not found from its hash.
create function session_in_trail(of_session uuid) returns uuid language sql immutable strict parallel safe
as $$ select encode(set_byte(set_byte(substr(sha256(uuid_send(of_session)), 1, 16), 6, 128), 8, 128), 'hex')::uuid $$;

-- As before (0021, 0005, 0010), but for what they call the session. Rows that there are stay as they are: their sessions are over
-- within twelve hours.
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
  c.session_id := session_in_trail(c.session_id);
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

create or replace function record_authentication(
  of_organization uuid, of_user uuid, of_session uuid, of_type text, with_outcome text, of_request uuid, from_origin bytea,
  with_details jsonb default null, of_kind text default 'authentication'
) returns jsonb
language sql security definer set search_path = salus, pg_temp
as $$
  insert into audit_events
    (organization_id, kind, type, outcome, actor_id, actor_role, session_id, purpose, request_id, origin, details)
  values (of_organization, of_kind, of_type, with_outcome, of_user,
          (select role from users where (organization_id, id) = (of_organization, of_user)),
          session_in_trail(of_session), null, of_request, from_origin, with_details)
  returning audit_row(audit_events)
$$;

create or replace function record_refusal(
  of_session uuid, of_request uuid, of_kind text, of_type text, with_outcome text, of_resource text, of_record uuid,
  for_purpose text, from_origin bytea, with_details jsonb
) returns jsonb
language sql security definer set search_path = salus, pg_temp
as $$
  insert into audit_events
    (organization_id, kind, type, outcome, actor_id, actor_role, session_id, resource, resource_id, purpose, request_id,
     origin, details)
  select coalesce(s.organization_id, '00000000-0000-0000-0000-000000000000'), of_kind, of_type, with_outcome, s.user_id,
         s.role, session_in_trail(s.id), of_resource, of_record, for_purpose, of_request, from_origin, with_details
    from (select) one left join sessions s on s.id = of_session
   where with_outcome in ('denied', 'failed')
  returning audit_row(audit_events)
$$;

create or replace function count_refusal(
  of_source bytea, of_session uuid, of_request uuid, of_kind text, of_type text, with_outcome text, of_resource text,
  from_origin bytea, of_reason text
) returns jsonb
language sql security definer set search_path = salus, pg_temp
as $$
  select fold_refusal(row(
           refusal_bucket(coalesce(uuid_send(s.id), of_source, ''), of_type, of_reason),
           coalesce(s.organization_id, '00000000-0000-0000-0000-000000000000'), of_kind, of_type, with_outcome, s.user_id, s.role,
           session_in_trail(s.id), of_resource, of_reason, of_request, from_origin, clock_timestamp(), 0)::refusal_windows)
    from (select) one left join sessions s on s.id = of_session
   where with_outcome in ('denied', 'failed')
$$;

-- Windows that are open become events yet.
update refusal_windows set session_id = session_in_trail(session_id) where session_id is not null;

-- Whether somebody is held is nobody's to ask: functions that have to know run as the owner.
revoke execute on function is_held(uuid, uuid) from salus_app;
