-- Signing in, before there is a session and so before there is a context. The runtime role cannot read the tables behind
-- this; it can call these functions, which give out one account for one address and count every attempt first.

-- Takes one attempt from a bucket of `at_most` in fifteen minutes. `refused` when none is left; `first` on the first
-- refusal of the window, which is the one that is worth an audit event.
create function take_attempt(of_bucket bytea, at_most integer, out refused boolean, out first boolean)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  taken integer;
begin
  -- Attempts at one bucket queue up here, so that a hundred at once are still counted one by one.
  perform pg_advisory_xact_lock(hashtextextended(encode(of_bucket, 'hex'), 0));
  delete from sign_in_attempts where bucket = of_bucket and attempted_at < clock_timestamp() - interval '15 minutes';
  select count(*) into taken from sign_in_attempts where bucket = of_bucket;
  refused := taken >= at_most;
  first := taken = at_most;
  if taken <= at_most then
    insert into sign_in_attempts (bucket) values (of_bucket);
  end if;
end
$$;

create function record_authentication(
  of_organization uuid, of_user uuid, of_session uuid, of_type text, with_outcome text, of_request uuid, from_origin bytea,
  with_details jsonb default null, of_kind text default 'authentication'
) returns jsonb
language sql security definer set search_path = salus, pg_temp
as $$
  insert into audit_events
    (organization_id, kind, type, outcome, actor_id, actor_role, session_id, purpose, request_id, origin, details)
  values (of_organization, of_kind, of_type, with_outcome, of_user,
          (select role from users where (organization_id, id) = (of_organization, of_user)),
          of_session, null, of_request, from_origin, with_details)
  returning audit_row(audit_events)
$$;

create function account_bucket(of_email bytea) returns bytea language sql immutable
as $$ select sha256('account'::bytea || of_email) $$;

create function account_and_source_bucket(of_email bytea, of_source bytea) returns bytea language sql immutable
as $$ select sha256('account and source'::bytea || of_email || of_source) $$;

create function source_bucket(of_source bytea) returns bytea language sql immutable
as $$ select sha256('source'::bytea || of_source) $$;

-- Step one, before the password is looked at. Five attempts at an account from one address, twenty-five at an account
-- from anywhere, fifty from one address at anything; success gives back the account's, and its own of the address's.
create function begin_sign_in(
  of_email bytea, of_source bytea,
  out throttled boolean, out first_throttled boolean, out organization_id uuid, out password_hash text
)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  pair record;
  account record;
  source record;
begin
  pair := take_attempt(account_and_source_bucket(of_email, of_source), 5);
  account := take_attempt(account_bucket(of_email), 25);
  source := take_attempt(source_bucket(of_source), 50);
  throttled := pair.refused or account.refused or source.refused;
  first_throttled := pair.first or account.first or source.first;
  select u.organization_id, case when u.disabled_at is null and not throttled then u.password_hash end
    into organization_id, password_hash
    from users u where u.email_index = of_email;
  organization_id := coalesce(organization_id, '00000000-0000-0000-0000-000000000000');
end
$$;

-- Step one, after the password was looked at. Returns the audit row.
create function finish_sign_in(
  of_email bytea, of_source bytea, with_outcome text, challenge_hash bytea, of_request uuid, from_origin bytea
) returns jsonb
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  account users;
  organization uuid := '00000000-0000-0000-0000-000000000000';
begin
  select * into account from users where email_index = of_email;
  if found then organization := account.organization_id; end if;
  if with_outcome = 'success' then
    delete from sign_in_attempts
     where bucket in (account_bucket(of_email), account_and_source_bucket(of_email, of_source));
    delete from sign_in_attempts
     where ctid = (select ctid from sign_in_attempts where bucket = source_bucket(of_source)
                    order by attempted_at desc limit 1);
    insert into sign_in_challenges (token_hash, organization_id, user_id, expires_at)
    values (challenge_hash, organization, account.id, now() + interval '5 minutes');
  elsif with_outcome = 'throttled' then
    return record_authentication(organization, account.id, null, 'sign_in.throttled', 'denied', of_request, from_origin,
                                 null, 'security');
  end if;
  return record_authentication(organization, account.id, null, 'sign_in.password', with_outcome, of_request, from_origin);
end
$$;

-- Step two, before the code is looked at. A wrong code has its own counter, five for an account, whatever challenge it
-- is tried on.
create function begin_second_factor(
  challenge_hash bytea,
  out throttled boolean, out first_throttled boolean, out organization_id uuid, out user_id uuid, out totp_secret bytea,
  out totp_last_step bigint
)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  attempt record;
begin
  select c.organization_id, c.user_id, u.totp_secret, u.totp_last_step
    into organization_id, user_id, totp_secret, totp_last_step
    from sign_in_challenges c
    join users u on (u.organization_id, u.id) = (c.organization_id, c.user_id)
   where c.token_hash = challenge_hash and c.consumed_at is null and c.expires_at > now() and u.disabled_at is null;
  if not found then return; end if;
  attempt := take_attempt(sha256('second factor'::bytea || uuid_send(user_id)), 5);
  throttled := attempt.refused;
  first_throttled := attempt.first;
end
$$;

-- Step two, after the code was looked at. A time step is accepted once and only forwards (RFC 6238 §5.2), decided here
-- and not by what begin_second_factor() said a moment ago.
create function finish_second_factor(
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
  event := record_authentication(
    challenge.organization_id, challenge.user_id, case when accepted then new_session end,
    case outcome when 'throttled' then 'sign_in.throttled' else 'sign_in.second_factor' end,
    case when accepted then 'success' else 'denied' end, of_request, from_origin, null,
    case outcome when 'throttled' then 'security' else 'authentication' end);
end
$$;

create function organization_of_refresh_token(with_hash bytea) returns uuid
language sql stable security definer set search_path = salus, pg_temp
as $$ select organization_id from refresh_tokens where token_hash = with_hash $$;

-- Exchanges a refresh token. `rotated`: this call made the successor. `repeated`: another call did, less than thirty
-- seconds ago; here it is, still sealed. `ended`: the session is over, or is now, because the token was used long after.
create function rotate_refresh_token(
  old_hash bytea, new_hash bytea, sealed_successor bytea, of_request uuid, from_origin bytea,
  out outcome text, out successor bytea, out organization_id uuid, out user_id uuid, out session_id uuid, out role text,
  out second_factor_at timestamptz, out event jsonb
)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  token refresh_tokens;
  alive boolean;
begin
  select * into token from refresh_tokens t where t.token_hash = old_hash for update;
  if not found then outcome := 'ended'; return; end if;
  select s.organization_id, s.user_id, s.id, u.role, s.second_factor_at,
         s.revoked_at is null and s.expires_at > now() and s.last_seen_at > now() - idle_limit()
           and u.disabled_at is null and u.role = s.role
    into organization_id, user_id, session_id, role, second_factor_at, alive
    from sessions s
    join users u on (u.organization_id, u.id) = (s.organization_id, s.user_id)
   where s.id = token.session_id
     for update of s;

  if not alive then
    outcome := 'ended';
  elsif token.rotated_at is null then
    outcome := 'rotated';
    update refresh_tokens t set rotated_at = clock_timestamp(), successor = sealed_successor where t.token_hash = old_hash;
    insert into refresh_tokens (token_hash, organization_id, session_id) values (new_hash, organization_id, session_id);
    update sessions s set last_seen_at = now() where s.id = token.session_id;
  elsif token.rotated_at > clock_timestamp() - interval '30 seconds' then
    outcome := 'repeated';
    successor := token.successor;
  else
    outcome := 'reused';
    update sessions s set revoked_at = now() where s.id = token.session_id;
  end if;

  event := record_authentication(
    organization_id, user_id, session_id,
    case outcome when 'reused' then 'refresh.reused' else 'refresh' end,
    case when outcome in ('rotated', 'repeated') then 'success' else 'denied' end,
    of_request, from_origin, null, case outcome when 'reused' then 'security' else 'authentication' end);
end
$$;

-- Ends the session of the present context.
create function end_session(from_origin bytea) returns jsonb
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context := context();
begin
  update sessions set revoked_at = now() where id = c.session_id and revoked_at is null;
  return record_authentication(c.organization_id, c.user_id, c.session_id, 'sign_out', 'success', c.request_id, from_origin);
end
$$;

-- Records that a call was refused or failed before it reached the data. The session may be over; it still says whose it
-- was. It cannot say that anything succeeded: such rows are made in the transaction of what they describe.
create function record_refusal(
  of_session uuid, of_request uuid, of_kind text, of_type text, with_outcome text, of_resource text, of_record uuid,
  for_purpose text, from_origin bytea, with_details jsonb
) returns jsonb
language sql security definer set search_path = salus, pg_temp
as $$
  insert into audit_events
    (organization_id, kind, type, outcome, actor_id, actor_role, session_id, resource, resource_id, purpose, request_id,
     origin, details)
  select coalesce(s.organization_id, '00000000-0000-0000-0000-000000000000'), of_kind, of_type, with_outcome, s.user_id,
         s.role, s.id, of_resource, of_record, for_purpose, of_request, from_origin, with_details
    from (select) one left join sessions s on s.id = of_session
   where with_outcome in ('denied', 'failed')
  returning audit_row(audit_events)
$$;

-- An organization's keys, newest first: wrapped, and so of no use without the root key.
create function keys_of_organization(of_organization uuid)
returns table (version integer, provider text, wrapped bytea)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select k.version, k.provider, k.wrapped from organization_keys k
   where k.organization_id = of_organization order by k.version desc
$$;

grant execute on function
  begin_sign_in(bytea, bytea),
  finish_sign_in(bytea, bytea, text, bytea, uuid, bytea),
  begin_second_factor(bytea),
  finish_second_factor(bytea, text, bigint, uuid, bytea, uuid, bytea),
  organization_of_refresh_token(bytea),
  rotate_refresh_token(bytea, bytea, bytea, uuid, bytea),
  end_session(bytea),
  record_refusal(uuid, uuid, text, text, text, text, uuid, text, bytea, jsonb),
  keys_of_organization(uuid)
to salus_app;
