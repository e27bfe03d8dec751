-- As in faxstore/sql/log/erase_sessions.sql, reading the numbers of the sessions before it looks for them in the reason.
create or replace function fax.erase_sessions(of_sessions uuid[], because text) returns bigint
language plpgsql
security definer
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
    perform fax.lock_log();
    perform fax.lock_packing();
    perform fax.outdate_files(of_sessions);
    perform fax.keep_keys(of_sessions);
    return (select sum(fax.erase_values(o.session_id, because)) from (select distinct unnest(of_sessions) as session_id) o);
end
$$;
