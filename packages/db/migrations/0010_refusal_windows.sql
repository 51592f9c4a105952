-- A storm of refusals is one event for each caller, kind of call and reason in fifteen minutes, with a count, and not a row
-- for each: whoever has no session could otherwise fill the trail, and make it unreadable, by asking.

create table refusal_windows (
  -- Who, what and why, as a hash.
  bucket bytea primary key check (length(bucket) = 32),
  organization_id uuid not null references organizations (id),
  kind text not null,
  type text not null,
  outcome text not null,
  actor_id uuid,
  actor_role text,
  session_id uuid,
  resource text,
  reason text not null,
  -- Of the refusal that was recorded, so that the count can be laid beside it.
  request_id uuid not null,
  origin bytea,
  since timestamptz not null default clock_timestamp(),
  -- How many came after it, and have no row of their own.
  repeated integer not null default 0
);

create index refusal_windows_since on refusal_windows (since);

alter table refusal_windows enable row level security; alter table refusal_windows force row level security;
create policy owner on refusal_windows to salus_owner using (true) with check (true);

create function refusal_window() returns interval language sql immutable as $$ select interval '15 minutes' $$;

create function refusal_bucket(of_caller bytea, of_type text, of_reason text) returns bytea language sql immutable
as $$ select sha256('refusal'::bytea || sha256(of_caller) || convert_to(of_type || ' ' || of_reason, 'UTF8')) $$;

-- Records a refusal, or counts it when one like it was recorded less than a window ago: then it returns null. The event that
-- begins the next window says how many were counted in the last.
create function fold_refusal(r refusal_windows) returns jsonb
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  counted integer;
  opened boolean;
  event jsonb;
begin
  insert into refusal_windows as w select r.*
  on conflict (bucket) do update set
    repeated = case when w.since > r.since - refusal_window() then w.repeated + 1 else 0 end,
    request_id = case when w.since > r.since - refusal_window() then w.request_id else r.request_id end,
    origin = case when w.since > r.since - refusal_window() then w.origin else r.origin end,
    since = case when w.since > r.since - refusal_window() then w.since else r.since end
  returning old.repeated, new.since is distinct from old.since into counted, opened;
  if not opened then return null; end if;
  insert into audit_events as e
    (organization_id, kind, type, outcome, actor_id, actor_role, session_id, resource, request_id, origin, details)
  values
    (r.organization_id, r.kind, r.type, r.outcome, r.actor_id, r.actor_role, r.session_id, r.resource, r.request_id, r.origin,
     jsonb_strip_nulls(jsonb_build_object('reason', r.reason, 'repeated', nullif(counted, 0),
                                          'origin', case when r.origin is null then 'key_unavailable' end)))
  returning audit_row(e) into event;
  return event;
end
$$;

-- A refusal of somebody who has no session, for whom `of_source` stands, or of a session that calls too often.
create function count_refusal(
  of_source bytea, of_session uuid, of_request uuid, of_kind text, of_type text, with_outcome text, of_resource text,
  from_origin bytea, of_reason text
) returns jsonb
language sql security definer set search_path = salus, pg_temp
as $$
  select fold_refusal(row(
           refusal_bucket(coalesce(uuid_send(s.id), of_source, ''), of_type, of_reason),
           coalesce(s.organization_id, '00000000-0000-0000-0000-000000000000'), of_kind, of_type, with_outcome, s.user_id, s.role,
           s.id, of_resource, of_reason, of_request, from_origin, clock_timestamp(), 0)::refusal_windows)
    from (select) one left join sessions s on s.id = of_session
   where with_outcome in ('denied', 'failed')
$$;

-- Too many attempts to sign in, at an account if there is one.
create function count_throttled(of_source bytea, of_organization uuid, of_user uuid, of_request uuid, from_origin bytea)
returns jsonb
language sql security definer set search_path = salus, pg_temp
as $$
  select fold_refusal(row(
           refusal_bucket(of_source || coalesce(uuid_send(of_user), ''), 'sign_in.throttled', 'throttled'),
           of_organization, 'security', 'sign_in.throttled', 'denied', of_user,
           (select role from users where (organization_id, id) = (of_organization, of_user)), null, null, 'throttled', of_request,
           from_origin, clock_timestamp(), 0)::refusal_windows)
$$;

create or replace function finish_sign_in(
  of_emails bytea[], of_source bytea, with_outcome text, challenge_hash bytea, of_request uuid, from_origin bytea
) returns jsonb
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  account users;
  organization uuid := '00000000-0000-0000-0000-000000000000';
begin
  select * into account from users where email_index = any (of_emails);
  if found then organization := account.organization_id; end if;
  if with_outcome = 'success' then
    delete from sign_in_attempts
     where bucket in (account_bucket(of_emails[1]), account_and_source_bucket(of_emails[1], of_source));
    delete from sign_in_attempts
     where ctid = (select ctid from sign_in_attempts where bucket = source_bucket(of_source)
                    order by attempted_at desc limit 1);
    insert into sign_in_challenges (token_hash, organization_id, user_id, expires_at)
    values (challenge_hash, organization, account.id, now() + interval '5 minutes');
  elsif with_outcome = 'throttled' then
    return count_throttled(of_source, organization, account.id, of_request, from_origin);
  end if;
  return record_authentication(organization, account.id, null, 'sign_in.password', with_outcome, of_request, from_origin);
end
$$;

create or replace function finish_second_factor(
  challenge_hash bytea, with_outcome text, accepted_step bigint, new_session uuid, refresh_hash bytea, of_request uuid,
  from_origin bytea,
  out accepted boolean, out organization_id uuid, out user_id uuid, out session_id uuid, out role text,
  out second_factor_at timestamptz, out event jsonb
)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  challenge sign_in_challenges;
  outcome text := with_outcome;
begin
  select * into challenge from sign_in_challenges where token_hash = challenge_hash for update;
  if not found then raise exception 'no such challenge' using errcode = 'SA401'; end if;
  if outcome = 'success' and challenge.consumed_at is null then
    update users u set totp_last_step = accepted_step
     where (u.organization_id, u.id) = (challenge.organization_id, challenge.user_id)
       and u.disabled_at is null
       and (u.totp_last_step is null or u.totp_last_step < accepted_step)
    returning u.role into role;
  end if;
  accepted := role is not null;
  organization_id := challenge.organization_id;
  user_id := challenge.user_id;
  if accepted then
    session_id := new_session;
    second_factor_at := now();
    update sign_in_challenges set consumed_at = now() where token_hash = challenge_hash;
    delete from sign_in_attempts where bucket = sha256('second factor'::bytea || uuid_send(challenge.user_id));
    insert into sessions (organization_id, id, user_id, role, second_factor_at, expires_at)
    values (challenge.organization_id, new_session, challenge.user_id, role, now(), now() + interval '12 hours');
    insert into refresh_tokens (token_hash, organization_id, session_id)
    values (refresh_hash, challenge.organization_id, new_session);
  end if;
  if outcome = 'throttled' then
    event := count_throttled('', challenge.organization_id, challenge.user_id, of_request, from_origin);
    return;
  end if;
  event := record_authentication(
    challenge.organization_id, challenge.user_id, case when accepted then new_session end, 'sign_in.second_factor',
    case when accepted then 'success' else 'denied' end, of_request, from_origin);
end
$$;

-- Ends the windows that are over. Each that has counted anything leaves an event that says how often.
create function end_refusal_windows() returns setof jsonb
language sql security definer set search_path = salus, pg_temp
as $$
  with ended as (
    delete from refusal_windows
     where bucket in (select bucket from refusal_windows where since < clock_timestamp() - refusal_window()
                       order by since limit 500 for update skip locked)
    returning *
  )
  insert into audit_events as e
    (organization_id, kind, type, outcome, actor_id, actor_role, session_id, resource, request_id, origin, details)
  select organization_id, kind, type, outcome, actor_id, actor_role, session_id, resource, request_id, origin,
         jsonb_build_object('reason', reason, 'repeated', repeated)
    from ended where repeated > 0
  returning audit_row(e)
$$;

grant execute on function
  count_refusal(bytea, uuid, uuid, text, text, text, text, bytea, text), end_refusal_windows()
to salus_app;
