-- A session and a time as one text, by which fax.rows_except() compares them.
-- example: select fax.moment_key('…', '2026-11-23 14:00+00');
create or replace function fax.moment_key(session_id uuid, moment timestamptz) returns text
language sql immutable parallel safe
as $$
    select session_id::text || ' ' || extract(epoch from moment)
$$;
