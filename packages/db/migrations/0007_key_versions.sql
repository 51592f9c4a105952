-- Keys of every level have versions, so that each can be replaced while records are read and written (docs/keys.md).
-- A record is sealed under one version of its patient's key; the organization's key that was current then made its blind
-- indexes. A version of an organization's key that no record needs any more is retired: only the audit trail still does.

alter table organization_keys add column retired_at timestamptz;

alter table patient_keys add column version integer not null default 1 check (version > 0);
alter table patient_keys alter column version drop default;
alter table patient_keys drop constraint patient_keys_pkey;
alter table patient_keys add primary key (organization_id, patient_id, version);
create index patient_keys_wrapped_by on patient_keys (organization_id, organization_key_version);

alter table patients add column key_version integer not null default 1 check (key_version > 0);
alter table patients alter column key_version drop default;
alter table patients add column organization_key_version integer not null default 1;
alter table patients alter column organization_key_version drop default;
alter table patients add foreign key (organization_id, organization_key_version)
  references organization_keys (organization_id, version);
create index patients_indexed_by on patients (organization_id, organization_key_version);

alter table users add column organization_key_version integer not null default 1;
alter table users alter column organization_key_version drop default;
alter table users add foreign key (organization_id, organization_key_version)
  references organization_keys (organization_id, version);
-- Of the platform's key, which email_index is made with.
alter table users add column email_index_version integer not null default 1;
alter table users alter column email_index_version drop default;

-- Rotation takes this lock alone, writes share it: while a new version comes into force, nobody is writing under the old one.
create function lock_organization_key(of_organization uuid) returns bigint language sql immutable
as $$ select hashtextextended('organization key ' || of_organization, 0) $$;

-- Raises SA410 when there is a newer version of the organization's key: the same call with that one succeeds.
create function require_newest_key(of_organization uuid, of_version integer) returns void
language plpgsql security definer set search_path = salus, pg_temp
as $$
begin
  if of_version is distinct from (select max(version) from organization_keys where organization_id = of_organization) then
    raise exception 'keys are outdated' using errcode = 'SA410';
  end if;
end
$$;

-- Called before a write: the keys that it was sealed with must be the present ones, and stay so until it has committed.
create function hold_keys(of_organization_key integer, of_patient uuid, of_patient_key integer) returns void
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  organization uuid := (context()).organization_id;
  present integer;
begin
  perform pg_advisory_xact_lock_shared(lock_organization_key(organization));
  perform require_newest_key(organization, of_organization_key);
  select key_version into present from patients
   where (organization_id, id) = (organization, of_patient) for no key update;
  if present <> of_patient_key then
    raise exception 'keys are outdated' using errcode = 'SA410';
  end if;
end
$$;

-- While two versions of the organization's key make blind indexes, the constraint alone does not see a number that stands
-- under the other version. Raises what the constraint would.
create function refuse_taken_mrn(under_other_versions bytea[]) returns void
language plpgsql security definer set search_path = salus, pg_temp
as $$
begin
  if exists (select from patients
              where organization_id = (context()).organization_id and mrn_index = any (under_other_versions)) then
    raise unique_violation using constraint = 'patients_mrn_unique';
  end if;
end
$$;

drop function keys_of_organization(uuid);
create function keys_of_organization(of_organization uuid)
returns table (version integer, provider text, wrapped bytea, retired boolean)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select k.version, k.provider, k.wrapped, k.retired_at is not null from organization_keys k
   where k.organization_id = of_organization order by k.version desc
$$;

-- Step one of signing in, by the address under each version of the platform's key; the newest comes first and counts.
drop function begin_sign_in(bytea, bytea);
create function begin_sign_in(
  of_emails bytea[], of_key integer, of_source bytea,
  out throttled boolean, out first_throttled boolean, out organization_id uuid, out password_hash text
)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  pair record;
  account record;
  source record;
begin
  perform require_newest_key('00000000-0000-0000-0000-000000000000', of_key);
  pair := take_attempt(account_and_source_bucket(of_emails[1], of_source), 5);
  account := take_attempt(account_bucket(of_emails[1]), 25);
  source := take_attempt(source_bucket(of_source), 50);
  throttled := pair.refused or account.refused or source.refused;
  first_throttled := pair.first or account.first or source.first;
  select u.organization_id, case when u.disabled_at is null and not throttled then u.password_hash end
    into organization_id, password_hash
    from users u where u.email_index = any (of_emails);
  organization_id := coalesce(organization_id, '00000000-0000-0000-0000-000000000000');
end
$$;

drop function finish_sign_in(bytea, bytea, text, bytea, uuid, bytea);
create function finish_sign_in(
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
    return record_authentication(organization, account.id, null, 'sign_in.throttled', 'denied', of_request, from_origin,
                                 null, 'security');
  end if;
  return record_authentication(organization, account.id, null, 'sign_in.password', with_outcome, of_request, from_origin);
end
$$;

grant execute on function
  require_newest_key(uuid, integer), hold_keys(integer, uuid, integer), refuse_taken_mrn(bytea[]), keys_of_organization(uuid),
  begin_sign_in(bytea[], integer, bytea), finish_sign_in(bytea[], bytea, text, bytea, uuid, bytea)
to salus_app;
