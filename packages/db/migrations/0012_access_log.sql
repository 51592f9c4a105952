-- A patient sees who opened their record. Of the trail that is what was done with it, or tried; not what concerns the keeping
-- of it (legal holds), which may be under investigation.

create function is_shown_to_patients(of_kind text, of_resource text) returns boolean language sql immutable
as $$
  select of_kind in ('phi_access', 'phi_modification', 'phi_deletion', 'authorization')
     and of_resource is distinct from 'legal_hold'
$$;

drop policy audit_events_visible on audit_events;
create policy audit_events_visible on audit_events for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and (request_id = (select (context()).request_id)
       or (select (context()).role) = 'privacy_officer'
       or (select is_job())
       or ((select (context()).role) = 'patient'
           and is_shown_to_patients(kind, resource)
           and (patient_id = (select (context()).patient_id)
                or (resource = 'patient' and outcome <> 'success' and resource_id = (select (context()).patient_id)))))
);

-- Who may see an event may see where it stands in the log.
drop policy audit_leaves_visible on audit_leaves;
create policy audit_leaves_visible on audit_leaves for select to salus_app using (
  organization_id = (select (context()).organization_id)
  and ((select (context()).role) = 'privacy_officer'
       or (select is_job())
       or ((select (context()).role) = 'patient'
           and exists (select from audit_events e
                        where e.id = event_id and e.organization_id = audit_leaves.organization_id)))
);

-- Attempts at a record that were refused name it as what was asked for, and no patient.
create index audit_events_attempted on audit_events (organization_id, resource_id, recorded_at, id)
  where resource = 'patient' and outcome <> 'success';

-- What the people are called who stand in the caller's own access log; sealed. Nobody else's name can be asked for.
create function names_in_access_log(of_users uuid[]) returns table (id uuid, display_name bytea)
language sql stable security definer set search_path = salus, pg_temp
as $$
  select u.id, u.display_name
    from users u, context() c
   where u.organization_id = c.organization_id and u.id = any (of_users) and c.role = 'patient'
     and (exists (select from audit_events e
                   where (e.organization_id, e.patient_id, e.actor_id) = (c.organization_id, c.patient_id, u.id)
                     and is_shown_to_patients(e.kind, e.resource))
          or exists (select from audit_events e
                      where (e.organization_id, e.resource_id, e.actor_id) = (c.organization_id, c.patient_id, u.id)
                        and e.resource = 'patient' and e.outcome <> 'success' and is_shown_to_patients(e.kind, e.resource)))
$$;

grant execute on function is_shown_to_patients(text, text), names_in_access_log(uuid[]) to salus_app;
