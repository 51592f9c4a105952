-- What destroying records comes to, of one patient or of everybody in an organization that has left.

-- Deletes the keys, blind indexes and ciphertext of a patient (null: of all), and empties the accounts of those who were one.
-- Granted to nobody. @returns how many records there were
create function erase_records(of_organization uuid, of_patient uuid) returns bigint
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  erased bigint;
begin
  delete from patient_keys k
   where k.organization_id = of_organization and (of_patient is null or k.patient_id = of_patient);
  update patients p
     set shredded_at = now(), mrn = null, mrn_index = null, name = null, birth_date = null, sex = null, ssn = null,
         ssn_index = null, email = null, email_index = null, phone = null, phone_index = null, address = null,
         family_birth_date_index = null, full_name_birth_date_index = null
   where p.organization_id = of_organization and (of_patient is null or p.id = of_patient) and p.shredded_at is null;
  get diagnostics erased = row_count;
  perform erase_accounts(of_organization, of_patient);
  return erased;
end
$$;

-- Empties the accounts of a patient (null: every account of the organization) and ends their sessions. Granted to nobody.
create function erase_accounts(of_organization uuid, of_patient uuid) returns void
language sql security definer set search_path = salus, pg_temp
as $$
  update sessions s set revoked_at = now()
   where s.organization_id = of_organization and s.revoked_at is null
     and s.user_id in (select u.id from users u
                        where u.organization_id = of_organization and (of_patient is null or u.patient_id = of_patient));
  update users u
     set erased_at = now(), disabled_at = coalesce(u.disabled_at, now()), email = null, email_index = null,
         display_name = null, totp_secret = null, password_hash = null
   where u.organization_id = of_organization and (of_patient is null or u.patient_id = of_patient) and u.erased_at is null;
$$;

create or replace function shred(of_shredding uuid, out outcome text, out patient_id uuid, out reason text)
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

  perform erase_records(c.organization_id, request.patient_id);
  update shreddings s set decided_by = c.user_id, decided_at = now(), outcome = 'shredded'
   where (s.organization_id, s.id) = (c.organization_id, of_shredding);
  outcome := 'shredded';
end
$$;

-- Destroys what an organization has, when it has left and nothing of it is held. Null when something is. Granted to nobody:
-- an owner calls it (`salus organization shred`).
create function shred_organization(of_organization uuid) returns bigint
language plpgsql security definer set search_path = salus, pg_temp
as $$
begin
  perform lock_legal_holds(of_organization);
  if is_held(of_organization, null) then return null; end if;
  return erase_records(of_organization, null);
end
$$;
