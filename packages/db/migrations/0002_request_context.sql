-- The context of a call: who, where, why, for the length of one transaction. Anyone who can run SQL can call set_config,
-- so the setting carries a code that only begin_request() can compute (two nested SHA-256 with a key that the runtime role
-- cannot read), bound to the transaction. A context that was made up, copied or kept is no context, and sees nothing.

create table context_key (
  one boolean primary key default true check (one),
  inner_key bytea not null,
  outer_key bytea not null
);

insert into context_key (inner_key, outer_key)
select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
       sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

create type request_context as (
  organization_id uuid,
  user_id uuid,
  role text,
  session_id uuid,
  request_id uuid,
  purpose text,
  patient_id uuid,
  second_factor_at timestamptz
);

create function context_code(payload text) returns text
language sql stable security definer set search_path = salus, pg_temp
as $$
  select encode(sha256(outer_key || sha256(inner_key || convert_to(payload || '|' || pg_current_xact_id()::text, 'UTF8'))), 'hex')
  from context_key
$$;

-- The context of this transaction, or null when there is none that begin_request() made.
create function context() returns request_context
language plpgsql stable security definer set search_path = salus, pg_temp
as $$
declare
  setting text := nullif(current_setting('salus.context', true), '');
  payload text;
begin
  if setting is null then return null; end if;
  payload := substr(setting, 66);
  if substr(setting, 1, 65) is distinct from context_code(payload) || ' ' then return null; end if;
  return payload::request_context;
end
$$;

create function set_context(c request_context) returns void
language sql security definer set search_path = salus, pg_temp
as $$
  select set_config('salus.context', context_code(c::text) || ' ' || c::text, true)
$$;

-- Sessions end after this much idleness (NIST SP 800-63B, AAL2 asks for at most an hour).
create function idle_limit() returns interval language sql immutable as $$ select interval '30 minutes' $$;

-- Checks that the session is alive and in the role that the caller thinks, and sets the context from the database's own
-- word. Raises SA401 when the session is over and SA500 when the runtime role could step around row-level security.
create function begin_request(of_session uuid, of_request uuid, in_role text, for_purpose text) returns void
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context;
  seen timestamptz;
begin
  if exists (select from pg_roles where rolname = session_user and (rolsuper or rolbypassrls))
     or pg_has_role(session_user, 'salus_owner', 'member') then
    raise exception 'runtime role is too strong' using errcode = 'SA500';
  end if;

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

grant execute on function context(), begin_request(uuid, uuid, text, text) to salus_app;
