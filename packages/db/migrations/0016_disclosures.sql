-- Disclosures that a patient may have accounted for, of the last six years (45 CFR 164.528). A row is never changed or
-- deleted by the runtime role.

create table disclosures (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  patient_id uuid not null,
  disclosed_at timestamptz not null,
  reason text not null,
  recipient bytea not null,
  recipient_address bytea,
  description bytea not null,
  withheld_until timestamptz,
  recorded_by uuid not null,
  recorded_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, patient_id) references patients (organization_id, id),
  foreign key (organization_id, recorded_by) references users (organization_id, id)
);
create index disclosures_of_patient on disclosures (organization_id, patient_id, disclosed_at, id);

alter table disclosures enable row level security; alter table disclosures force row level security;
create policy owner on disclosures to salus_owner using (true) with check (true);

-- Nobody is told through an account while an authority has asked that the patient is not (164.528(a)(2)).
create policy disclosures_visible on disclosures for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and ((select (context()).role) = 'privacy_officer'
       or ((select (context()).role) = 'patient' and patient_id = (select (context()).patient_id)
           and (withheld_until is null or withheld_until <= now())))
);
create policy disclosures_recorded on disclosures for insert to salus_app with check (
  organization_id = (select (context()).organization_id)
  and recorded_by = (select (context()).user_id)
  and (select (context()).role) = 'privacy_officer'
);

grant select on disclosures to salus_app;
grant insert (organization_id, id, patient_id, disclosed_at, reason, recipient, recipient_address, description, withheld_until,
              recorded_by)
  on disclosures to salus_app;

-- The account says when the patient may be told of a disclosure; its entry in the trail would say it at once.
create or replace function is_shown_to_patients(of_kind text, of_resource text) returns boolean language sql immutable
as $$
  select of_kind in ('phi_access', 'phi_modification', 'phi_deletion', 'authorization')
     and coalesce(of_resource, '') not in ('legal_hold', 'disclosure')
$$;
