-- The context and its code are two settings. As one they were taken apart at each look, which counts letters: a twentieth of what
-- a read costs the database.

create or replace function context() returns request_context
language plpgsql stable security definer set search_path = salus, pg_temp
as $$
declare
  payload text := nullif(current_setting('salus.context', true), '');
begin
  -- Without a key there is no code, and without a code no context.
  if payload is null or (current_setting('salus.context_code', true) = context_code(payload)) is not true then
    return null;
  end if;
  return payload::request_context;
end
$$;

create or replace function set_context(c request_context) returns void
language sql security definer set search_path = salus, pg_temp
as $$
  select set_config('salus.context_code', context_code(c::text), true);
  select set_config('salus.context', c::text, true)
$$;
