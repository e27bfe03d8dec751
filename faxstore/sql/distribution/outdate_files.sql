-- As in faxstore/sql/archive/outdate_files.sql. The table of files is on the coordinator, so the sessions are read first.
create or replace function fax.outdate_files(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    known fax.session[] := fax.sessions_of(of_sessions);
    dropped uuid;
begin
    select d.session_id into dropped from fax.dropped_session d where d.session_id = any (of_sessions) limit 1;
    if dropped is not null then
        raise exception 'the rows of session % are in an archive only', dropped
            using errcode = 'invalid_parameter_value',
                  hint = 'they cannot be restored into a distributed database: restore them into another one, and erase there';
    end if;
    update fax.archive_file f
    set is_outdated = true
    from unnest(known) s
    where f.server = s.server and f.month = date_trunc('month', s.started_at at time zone 'UTC')::date;
end
$$;
