-- Erases the personal values of one session: fax.erase_sessions() for one.
-- example: select fax.erase_session('…', 'request of 2026-11-25');
create function fax.erase_session(of_session uuid, because text) returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select fax.erase_sessions(array[of_session], because)
$$;
