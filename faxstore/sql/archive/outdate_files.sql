-- Marks the files with rows of sessions that are about to be erased as outdated. Raises an exception if the rows are in
-- the files only, where an erasure does not reach them.
-- example: select fax.outdate_files(array['…']::uuid[]);
create function fax.outdate_files(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found record;
begin
    select d.session_id, to_char(d.started_at at time zone 'UTC', 'YYYY-MM') as month, f.folder into found
    from fax.dropped_session d
    left join fax.archive_file f
        on f.server = d.server and f.month = date_trunc('month', d.started_at at time zone 'UTC')::date
    where d.session_id = any (of_sessions)
    order by d.started_at
    limit 1;
    if found.session_id is not null then
        raise exception 'the rows of session % are in the archive % only', found.session_id, found.folder
            using errcode = 'invalid_parameter_value',
                  hint = format('run faxstore partitions restore %s, erase, and archive the month again', found.month);
    end if;
    update fax.archive_file f
    set is_outdated = true
    from fax.session s
    where s.session_id = any (of_sessions) and f.server = s.server
      and f.month = date_trunc('month', s.started_at at time zone 'UTC')::date;
end
$$;
