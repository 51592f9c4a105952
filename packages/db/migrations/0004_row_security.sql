-- What the runtime role may touch, and which rows (DESIGN.md, invariant 4). `(select …)` makes PostgreSQL evaluate the
-- context once for a statement and not once for a row. No context, no row.

-- Whether a user takes part in a patient's care. A function, because a policy on care_team may not ask care_team itself.
create function in_care_team(of_user uuid, of_patient uuid) returns boolean
language sql stable security definer set search_path = salus, pg_temp
as $$
  select exists (
    select from care_team
     where (organization_id, user_id, patient_id) = ((select (context()).organization_id), of_user, of_patient)
  )
$$;

-- Whether a user is somebody who treats patients. A function, because nobody may read the table of users.
create function is_clinician(of_user uuid) returns boolean
language sql stable security definer set search_path = salus, pg_temp
as $$
  select exists (
    select from users
     where (organization_id, id) = ((select (context()).organization_id), of_user)
       and role in ('provider', 'nurse') and disabled_at is null
  )
$$;

-- An administrator sees records only shortly after a second factor, whatever the Worker says (@salus/policy, FRESH).
create function second_factor_is_fresh() returns boolean language sql stable
as $$ select (salus.context()).second_factor_at > now() - interval '15 minutes' $$;

-- Whoever registers a patient as a clinician becomes the first of the care team.
create function creator_joins_care_team() returns trigger
language plpgsql security definer set search_path = salus, pg_temp
as $$
begin
  if (context()).role in ('provider', 'nurse') then
    insert into care_team (organization_id, patient_id, user_id, assigned_by)
    values (new.organization_id, new.id, new.created_by, new.created_by);
  end if;
  return null;
end
$$;

create trigger creator_joins_care_team after insert on patients
for each row execute function creator_joins_care_team();

grant execute on function in_care_team(uuid, uuid), is_clinician(uuid), second_factor_is_fresh() to salus_app;

grant usage on schema salus to salus_app;
grant select, insert on patients to salus_app;
-- Not where a record lies or who made it.
grant update (mrn, mrn_index, name, birth_date, sex, ssn, ssn_index, email, email_index, phone, phone_index, address, version,
              family_birth_date_index, full_name_birth_date_index)
  on patients to salus_app;
grant select, insert on patient_keys to salus_app;
grant select, insert, delete on care_team to salus_app;
grant select on audit_events, audit_leaves to salus_app;
-- Not `id` and not `recorded_at`: those are the database's.
grant insert (organization_id, kind, type, outcome, actor_id, actor_role, session_id, patient_id, resource, resource_id,
              purpose, fields, request_id, origin, changes, details)
  on audit_events to salus_app;

alter table organizations enable row level security; alter table organizations force row level security;
alter table organization_keys enable row level security; alter table organization_keys force row level security;
alter table patients enable row level security; alter table patients force row level security;
alter table patient_keys enable row level security; alter table patient_keys force row level security;
alter table users enable row level security; alter table users force row level security;
alter table sessions enable row level security; alter table sessions force row level security;
alter table refresh_tokens enable row level security; alter table refresh_tokens force row level security;
alter table sign_in_challenges enable row level security; alter table sign_in_challenges force row level security;
alter table sign_in_attempts enable row level security; alter table sign_in_attempts force row level security;
alter table care_team enable row level security; alter table care_team force row level security;
alter table context_key enable row level security; alter table context_key force row level security;
alter table audit_events enable row level security; alter table audit_events force row level security;
alter table audit_events_default enable row level security; alter table audit_events_default force row level security;
alter table audit_leaves enable row level security; alter table audit_leaves force row level security;

-- The owner is nobody's login: it is what the few functions with its rights (docs/threat-model.md lists them) run as.
create policy owner on organizations to salus_owner using (true) with check (true);
create policy owner on organization_keys to salus_owner using (true) with check (true);
create policy owner on patients to salus_owner using (true) with check (true);
create policy owner on patient_keys to salus_owner using (true) with check (true);
create policy owner on users to salus_owner using (true) with check (true);
create policy owner on sessions to salus_owner using (true) with check (true);
create policy owner on refresh_tokens to salus_owner using (true) with check (true);
create policy owner on sign_in_challenges to salus_owner using (true) with check (true);
create policy owner on sign_in_attempts to salus_owner using (true) with check (true);
create policy owner on care_team to salus_owner using (true) with check (true);
create policy owner on context_key to salus_owner using (true) with check (true);
create policy owner on audit_events to salus_owner using (true) with check (true);
create policy owner on audit_events_default to salus_owner using (true) with check (true);
create policy owner on audit_leaves to salus_owner using (true) with check (true);

create policy patients_visible on patients for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and case
        when (select (context()).role) in ('provider', 'nurse') then exists (
          select from care_team ct
           where (ct.organization_id, ct.user_id, ct.patient_id)
               = (patients.organization_id, (select (context()).user_id), patients.id))
        when (select (context()).role) = 'patient' then id = (select (context()).patient_id)
        when (select (context()).role) = 'admin' then (select second_factor_is_fresh())
        else (select (context()).role) = 'billing'
      end
);

create policy patients_registered on patients for insert to salus_app with check (
  organization_id = (select (context()).organization_id)
  and created_by = (select (context()).user_id)
  and (select (context()).role) in ('provider', 'admin')
);

-- What may be changed is what is visible (PostgreSQL applies patients_visible as well), less the roles that only read.
create policy patients_changed on patients for update to salus_app
using (
  organization_id = (select (context()).organization_id)
  and (select (context()).role) in ('provider', 'admin', 'patient')
)
with check (organization_id = (select (context()).organization_id));

create policy patient_keys_visible on patient_keys for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and exists (select from patients p
               where (p.organization_id, p.id) = (patient_keys.organization_id, patient_keys.patient_id))
);

create policy patient_keys_created on patient_keys for insert to salus_app with check (
  organization_id = (select (context()).organization_id)
  and (select (context()).role) in ('provider', 'admin')
);

create policy care_team_visible on care_team for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and (user_id = (select (context()).user_id)
       or (select (context()).role) = 'admin'
       or in_care_team((select (context()).user_id), patient_id))
);

create policy care_team_assigned on care_team for insert to salus_app with check (
  organization_id = (select (context()).organization_id)
  and assigned_by = (select (context()).user_id)
  and is_clinician(user_id)
  and case (select (context()).role)
        when 'admin' then (select second_factor_is_fresh())
        when 'provider' then in_care_team((select (context()).user_id), patient_id)
        else false
      end
);

create policy care_team_removed on care_team for delete to salus_app using (
  organization_id = (select (context()).organization_id)
  and case (select (context()).role)
        when 'admin' then (select second_factor_is_fresh())
        when 'provider' then in_care_team((select (context()).user_id), patient_id)
        else false
      end
);

create policy audit_events_recorded on audit_events for insert to salus_app with check (
  (organization_id, actor_id, actor_role, session_id, request_id, coalesce(purpose, ''))
  = (select c.organization_id, c.user_id, c.role, c.session_id, c.request_id, coalesce(c.purpose, '') from context() c)
);

-- A call sees the rows it has just written, so that it can hand them to the log; the privacy officer sees all.
create policy audit_events_visible on audit_events for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and (request_id = (select (context()).request_id) or (select (context()).role) = 'privacy_officer')
);

create policy audit_leaves_visible on audit_leaves for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and (select (context()).role) = 'privacy_officer'
);
