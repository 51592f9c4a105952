-- Destroying a record for good (docs/keys.md): its keys are deleted, its blind indexes and ciphertext removed. Two people
-- take part, nothing under a legal hold is destroyed, and the trail keeps what was done, to whom and by whom.

create table legal_holds (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  patient_id uuid,
  reason text not null,
  matter bytea,
  placed_by uuid not null,
  placed_at timestamptz not null default now(),
  released_by uuid,
  released_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, patient_id) references patients (organization_id, id),
  foreign key (organization_id, placed_by) references users (organization_id, id),
  foreign key (organization_id, released_by) references users (organization_id, id),
  check ((released_by is null) = (released_at is null))
);
create index legal_holds_in_force on legal_holds (organization_id, patient_id) where released_at is null;

create table shreddings (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  patient_id uuid not null,
  reason text not null,
  requested_by uuid not null,
  requested_at timestamptz not null default now(),
  decided_by uuid,
  decided_at timestamptz,
  outcome text check (outcome in ('shredded', 'cancelled')),
  primary key (organization_id, id),
  foreign key (organization_id, patient_id) references patients (organization_id, id),
  foreign key (organization_id, requested_by) references users (organization_id, id),
  foreign key (organization_id, decided_by) references users (organization_id, id),
  check ((decided_by is null) = (decided_at is null) and (decided_at is null) = (outcome is null)),
  constraint shreddings_two_people check (outcome is distinct from 'shredded' or decided_by <> requested_by)
);
create unique index shreddings_open on shreddings (organization_id, patient_id) where decided_at is null;

-- What is left of a shredded record is that there was one.
alter table patients add column shredded_at timestamptz;
alter table patients
  alter column mrn drop not null, alter column mrn_index drop not null, alter column name drop not null,
  alter column birth_date drop not null, alter column sex drop not null;
alter table patients add constraint patients_whole_or_shredded check (
  case when shredded_at is null
       then num_nulls(mrn, mrn_index, name, birth_date, sex) = 0
       else num_nonnulls(mrn, mrn_index, name, birth_date, sex, ssn, ssn_index, email, email_index, phone, phone_index,
                         address, family_birth_date_index, full_name_birth_date_index) = 0
  end
);

-- What is left of the account of somebody whose record was shredded.
alter table users add column erased_at timestamptz;
alter table users
  alter column email drop not null, alter column email_index drop not null, alter column display_name drop not null,
  alter column totp_secret drop not null, alter column password_hash drop not null;
alter table users add constraint users_whole_or_erased check (
  case when erased_at is null
       then num_nulls(email, email_index, display_name, totp_secret, password_hash) = 0
       else num_nonnulls(email, email_index, display_name, totp_secret, password_hash) = 0 and disabled_at is not null
  end
);

alter table legal_holds enable row level security; alter table legal_holds force row level security;
alter table shreddings enable row level security; alter table shreddings force row level security;
create policy owner on legal_holds to salus_owner using (true) with check (true);
create policy owner on shreddings to salus_owner using (true) with check (true);

create function may_shred() returns boolean language sql stable
as $$ select coalesce((salus.context()).role in ('privacy_officer', 'admin') and salus.second_factor_is_fresh(), false) $$;

create policy legal_holds_visible on legal_holds for select to salus_app using (
  organization_id = (select (context()).organization_id) and (select may_shred())
);
create policy legal_holds_placed on legal_holds for insert to salus_app with check (
  organization_id = (select (context()).organization_id) and (select may_shred())
  and placed_by = (select (context()).user_id) and released_at is null
);
create policy legal_holds_released on legal_holds for update to salus_app
using (
  organization_id = (select (context()).organization_id) and (select may_shred()) and released_at is null
)
with check (
  organization_id = (select (context()).organization_id) and released_by = (select (context()).user_id)
);

create policy shreddings_visible on shreddings for select to salus_app using (
  organization_id = (select (context()).organization_id) and (select may_shred())
);
create policy shreddings_requested on shreddings for insert to salus_app with check (
  organization_id = (select (context()).organization_id) and (select may_shred())
  and requested_by = (select (context()).user_id) and decided_at is null
);
create policy shreddings_cancelled on shreddings for update to salus_app
using (
  organization_id = (select (context()).organization_id) and (select may_shred()) and decided_at is null
)
with check (
  organization_id = (select (context()).organization_id) and decided_by = (select (context()).user_id)
  and outcome = 'cancelled'
);

grant select on legal_holds, shreddings to salus_app;
grant insert (organization_id, id, patient_id, reason, matter, placed_by) on legal_holds to salus_app;
grant update (released_by, released_at) on legal_holds to salus_app;
grant insert (organization_id, id, patient_id, reason, requested_by) on shreddings to salus_app;
grant update (decided_by, decided_at, outcome) on shreddings to salus_app;

-- Holds are placed, and records shredded, one after the other: neither overtakes the other in the middle.
create function lock_legal_holds(of_organization uuid) returns void language sql
as $$ select pg_advisory_xact_lock(hashtextextended('legal holds ' || of_organization, 0)) $$;

create function legal_hold_waits() returns trigger language plpgsql set search_path = salus, pg_temp
as $$
begin
  perform lock_legal_holds(new.organization_id);
  return new;
end
$$;
create trigger legal_hold_waits before insert on legal_holds for each row execute function legal_hold_waits();

-- Whether a hold is in force on a patient, or, without one, on anything of the organization.
create function is_held(of_organization uuid, of_patient uuid) returns boolean
language sql stable security definer set search_path = salus, pg_temp
as $$
  select exists (
    select from legal_holds
     where organization_id = of_organization and released_at is null
       and (of_patient is null or patient_id is null or patient_id = of_patient)
  )
$$;

-- Approves a request and carries it out. `outcome`: shredded; not_found (no open request, or not the caller's to approve);
-- second_person_required; legal_hold.
create function shred(of_shredding uuid, out outcome text, out patient_id uuid, out reason text)
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context := context();
  request shreddings;
begin
  outcome := 'not_found';
  if not may_shred() then return; end if;
  perform lock_legal_holds(c.organization_id);
  select * into request from shreddings s
   where (s.organization_id, s.id) = (c.organization_id, of_shredding) and s.decided_at is null
     for update;
  if not found then return; end if;
  patient_id := request.patient_id;
  reason := request.reason;
  if request.requested_by = c.user_id then outcome := 'second_person_required'; return; end if;
  if is_held(c.organization_id, request.patient_id) then outcome := 'legal_hold'; return; end if;

  delete from patient_keys k where (k.organization_id, k.patient_id) = (c.organization_id, request.patient_id);
  update patients p
     set shredded_at = now(), mrn = null, mrn_index = null, name = null, birth_date = null, sex = null, ssn = null,
         ssn_index = null, email = null, email_index = null, phone = null, phone_index = null, address = null,
         family_birth_date_index = null, full_name_birth_date_index = null
   where (p.organization_id, p.id) = (c.organization_id, request.patient_id);
  update sessions s set revoked_at = now()
   where s.organization_id = c.organization_id and s.revoked_at is null
     and s.user_id in (select u.id from users u
                        where (u.organization_id, u.patient_id) = (c.organization_id, request.patient_id));
  update users u
     set erased_at = now(), disabled_at = coalesce(u.disabled_at, now()), email = null, email_index = null,
         display_name = null, totp_secret = null, password_hash = null
   where (u.organization_id, u.patient_id) = (c.organization_id, request.patient_id);
  update shreddings s set decided_by = c.user_id, decided_at = now(), outcome = 'shredded'
   where (s.organization_id, s.id) = (c.organization_id, of_shredding);
  outcome := 'shredded';
end
$$;

grant execute on function may_shred(), lock_legal_holds(uuid), legal_hold_waits(), is_held(uuid, uuid), shred(uuid) to salus_app;
