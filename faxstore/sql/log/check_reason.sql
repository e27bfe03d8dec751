-- Raises an exception if the reason of an erasure contains a number of these sessions, because reasons are stored.
-- Two statements: a distributed database cannot look for the numbers in the query that reads the sessions.
-- example: select fax.check_reason(array['…']::uuid[], 'request of 2026-11-25');
create function fax.check_reason(of_sessions uuid[], because text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    numbers text[];
begin
    select
        array_agg(s.caller_number) || array_agg(s.called_number) || array_agg(s.local_station_id)
            || array_agg(s.remote_station_id)
    into numbers
    from fax.sessions s
    where s.session_id = any (of_sessions);
    if exists (select from unnest(numbers) n (value) where fax.contains_number(because, fax.number_digits(n.value))) then
        raise exception 'the reason contains a number of the session, and reasons are stored'
            using errcode = 'invalid_parameter_value';
    end if;
end
$$;
