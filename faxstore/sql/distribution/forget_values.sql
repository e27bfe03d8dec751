-- As in faxstore/sql/log/forget_values.sql. What other faxes have is read first, from one table at a time.
create or replace function fax.forget_values(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    jobs text[];
    peers text[];
begin
    select
        array_agg(distinct fax.job_subject(s.direction, s.called_number, s.caller_number, fax.file_set(s.file_names))),
        array_agg(distinct fax.peer(s.direction, s.remote_station_id, s.caller_number, s.called_number))
    into jobs, peers
    from fax.sessions s
    where s.session_id <> all (of_sessions);
    update fax.pseudonym p
    set value = null
    where p.value is not null
      and not coalesce(case p.kind when 'job' then p.value = any (jobs) else p.value = any (peers) end, false);
end
$$;
