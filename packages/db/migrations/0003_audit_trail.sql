-- The audit trail. A row is inserted in the transaction of what it describes. Who, where and why must equal the verified
-- context (0004), when is the database's own clock, and the runtime role may not change or delete a row.

create table audit_events (
  id uuid not null default uuidv7(),
  organization_id uuid not null references organizations (id),
  recorded_at timestamptz not null default clock_timestamp(),
  kind text not null check (kind in ('authentication', 'authorization', 'phi_access', 'phi_modification',
                                     'phi_deletion', 'system_change', 'security')),
  type text not null,
  outcome text not null check (outcome in ('success', 'denied', 'failed')),
  actor_id uuid,
  actor_role text,
  session_id uuid,
  patient_id uuid,
  resource text,
  resource_id uuid,
  purpose text,
  fields text[],
  request_id uuid not null,
  origin bytea,
  changes jsonb,
  details jsonb,
  primary key (organization_id, recorded_at, id)
) partition by range (recorded_at);

-- Months are added ahead of time by the migration runner; a row never fails for want of one.
create table audit_events_default partition of audit_events default;

create index audit_events_patient on audit_events (organization_id, patient_id, recorded_at);
create index audit_events_actor on audit_events (organization_id, actor_id, recorded_at);
create index audit_events_request on audit_events (request_id);
create index audit_events_id on audit_events (id);

-- Where in the Merkle log of its organization and year an event stands.
create table audit_leaves (
  organization_id uuid not null references organizations (id),
  year integer not null,
  index bigint not null check (index >= 0),
  event_id uuid not null unique,
  primary key (organization_id, year, index)
);

create function base64(bytes bytea) returns text language sql immutable strict parallel safe
as $$ select translate(encode(bytes, 'base64'), E'\n', '') $$;

-- The stored row as the JSON that its leaf is made of. This is the only place that says how.
create function audit_row(e audit_events) returns jsonb language sql stable
as $$
  select jsonb_build_object(
    'id', e.id,
    'organizationId', e.organization_id,
    'recordedAt', to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'kind', e.kind,
    'type', e.type,
    'outcome', e.outcome,
    'actorId', e.actor_id,
    'actorRole', e.actor_role,
    'sessionId', e.session_id,
    'patientId', e.patient_id,
    'resource', e.resource,
    'resourceId', e.resource_id,
    'purpose', e.purpose,
    'fields', e.fields,
    'requestId', e.request_id,
    'origin', salus.base64(e.origin),
    'changes', e.changes,
    'details', e.details
  )
$$;

-- Events that have no leaf yet and are old enough that their own call should have delivered them.
create function events_without_leaf(older_than interval, at_most integer) returns setof jsonb
language sql stable security definer set search_path = salus, pg_temp
as $$
  select audit_row(e) from audit_events e
   where e.recorded_at < clock_timestamp() - older_than
     and not exists (select from audit_leaves l where l.event_id = e.id)
   order by e.recorded_at
   limit at_most
$$;

-- Notes where events were placed in a log. Says nothing new the second time; raises when it contradicts the first.
create function record_leaves(of_organization uuid, of_year integer, placed jsonb) returns void
language plpgsql security definer set search_path = salus, pg_temp
as $$
begin
  insert into audit_leaves (organization_id, year, index, event_id)
  select of_organization, of_year, (p->>'index')::bigint, (p->>'eventId')::uuid
    from jsonb_array_elements(placed) p
  on conflict do nothing;
  if exists (
    select from jsonb_array_elements(placed) p
     where not exists (select from audit_leaves l
                        where (l.organization_id, l.year, l.index, l.event_id)
                            = (of_organization, of_year, (p->>'index')::bigint, (p->>'eventId')::uuid))
  ) then
    raise exception 'leaf contradicts an earlier one' using errcode = 'SA409';
  end if;
end
$$;

grant execute on function
  base64(bytea), audit_row(audit_events),
  events_without_leaf(interval, integer), record_leaves(uuid, integer, jsonb) to salus_app;
