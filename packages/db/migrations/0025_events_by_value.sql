-- Events are a value of the statement that records them, and say once what they have in common (docs/decisions/0013). As a table
-- expression they took PostgreSQL longer to plan than to write, and a list of 25 said 25 times who had asked, where and why.

-- What the leaf of an event is made of, as it was (0003): what is said of all that one call records at once, and the rest.
create function audit_row_shared(e audit_events) returns jsonb language sql stable
as $$
  select jsonb_build_object(
    'organizationId', e.organization_id,
    'kind', e.kind,
    'type', e.type,
    'actorId', e.actor_id,
    'actorRole', e.actor_role,
    'sessionId', e.session_id,
    'resource', e.resource,
    'purpose', e.purpose,
    'fields', e.fields,
    'requestId', e.request_id,
    'origin', salus.base64(e.origin)
  )
$$;
create function audit_row_own(e audit_events) returns jsonb language sql stable
as $$
  select jsonb_build_object(
    'id', e.id,
    'recordedAt', to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'outcome', e.outcome,
    'patientId', e.patient_id,
    'resourceId', e.resource_id,
    'changes', e.changes,
    'details', e.details
  )
$$;
create or replace function audit_row(e audit_events) returns jsonb language sql stable
as $$ select salus.audit_row_shared(e) || salus.audit_row_own(e) $$;

-- As record_events (0024), but that it returns `{ "shared": …, "own": [ … ] }`, as
-- the rows say it: each of `own` with `shared` is what its leaf will be made of. Without subjects there is nothing in either.
create function record_together(
  of_kind text, of_type text, of_resource text, of_fields text[], from_origin bytea, subjects event_subject[]
) returns json
language plpgsql security definer set search_path = salus, pg_temp
as $$
declare
  c request_context := context();
  recorded json;
begin
  if c.organization_id is null then
    raise exception 'no context' using errcode = 'insufficient_privilege';
  end if;
  c.session_id := session_in_trail(c.session_id);
  with added as (
    insert into audit_events as e
      (organization_id, actor_id, actor_role, session_id, request_id, purpose,
       kind, type, outcome, patient_id, resource, resource_id, fields, origin, changes, details)
    select c.organization_id, c.user_id, c.role, c.session_id, c.request_id, c.purpose,
           of_kind, of_type, s.outcome, s.patient_id, of_resource, s.resource_id, of_fields, from_origin, s.changes, s.details
      from unnest(subjects) s
    returning e as row
  )
  select json_build_object('shared', (select audit_row_shared(added.row) from added limit 1),
                           'own', (select json_agg(audit_row_own(added.row)) from added))
    into recorded;
  return recorded;
end
$$;

-- What it gave, for the Worker of the release before.
create or replace function record_events(
  of_kind text, of_type text, of_resource text, of_fields text[], from_origin bytea, subjects event_subject[]
) returns setof jsonb
language sql security definer set search_path = salus, pg_temp
as $$
  select (recorded->'shared')::jsonb || own::jsonb
    from record_together(of_kind, of_type, of_resource, of_fields, from_origin, subjects) recorded,
         json_array_elements(recorded->'own') own
$$;

-- One patient as JSON of the named columns, with their present key: a row that says nothing where the caller may see nobody.
-- Columns that are chosen within a function are not planned anew for each call, as they are in a list of a select.
create function visible_patient(of_patient uuid, columns text[])
returns table (id uuid, gone boolean, patient json, wrapped_key text, key_version integer, wrapping_version integer)
language plpgsql stable
as $$
declare
  v record;
begin
  select * into v from salus.visible_patients(array[of_patient]);
  if (v.patient).id is not null then
    id := (v.patient).id;
    gone := (v.patient).shredded_at is not null;
    patient := (select json_object_agg(c.key, c.value) from json_each(row_to_json(v.patient)) c where c.key = any (columns));
    wrapped_key := (v.key).wrapped;
    key_version := (v.key).version;
    wrapping_version := (v.key).organization_key_version;
  end if;
  return next;
end
$$;

grant execute on function audit_row_shared(audit_events), audit_row_own(audit_events), visible_patient(uuid, text[]),
  record_together(text, text, text, text[], bytea, event_subject[]) to salus_app;
