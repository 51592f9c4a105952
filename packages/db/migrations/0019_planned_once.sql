-- What most calls do, as functions whose statements PostgreSQL plans once a connection. Neon's HTTP driver prepares nothing,
-- and to plan the read of a patient took longer than to run it. They run with the rights of their caller: row security and the
-- privileges of columns decide here as they do anywhere.

-- Those of these patients that the caller may see, each with its present key. A shredded one is there, and has none.
-- The plan is the same however many are asked for: without the setting PostgreSQL would plan anew for each number of them.
create function visible_patients(ids uuid[]) returns table (patient patients, key patient_keys)
language plpgsql stable set plan_cache_mode = force_generic_plan
as $$
begin
  return query
    select p, k
      from salus.patients p
      left join salus.patient_keys k
        on (k.organization_id, k.patient_id, k.version) = (p.organization_id, p.id, p.key_version)
     where p.organization_id = (select (salus.context()).organization_id) and p.id = any (ids)
       and (k.version is not null or p.shredded_at is not null);
end
$$;

create type event_subject as (outcome text, patient_id uuid, resource_id uuid, changes jsonb, details jsonb);

-- Records one event for each subject, with who, where and why of the verified context, and returns each as its leaf will have it.
create function record_events(
  of_kind text, of_type text, of_resource text, of_fields text[], from_origin bytea, subjects event_subject[]
) returns setof jsonb
language plpgsql
as $$
begin
  return query
    insert into salus.audit_events as e
      (organization_id, actor_id, actor_role, session_id, request_id, purpose,
       kind, type, outcome, patient_id, resource, resource_id, fields, origin, changes, details)
    select c.organization_id, c.user_id, c.role, c.session_id, c.request_id, c.purpose,
           of_kind, of_type, s.outcome, s.patient_id, of_resource, s.resource_id, of_fields, from_origin, s.changes, s.details
      from salus.context() c cross join unnest(subjects) s
    returning salus.audit_row(e);
end
$$;

grant execute on function visible_patients(uuid[]), record_events(text, text, text, text[], bytea, event_subject[]) to salus_app;
