-- grain: one fax session, without personal values
-- example: select caller_number, remote_station_id, pages, result from fax.sessions_masked where started_at >= '2026-11-01';
-- Made from fax.sessions: numbers and station ids are masked, file_names becomes the number of files, and every other
-- column whose comment contains "(personal" is left out. The rest appears unchanged, with its comment.
do $$
declare
    described record;
begin
    execute (
        select format('create view fax.sessions_masked as select %s from fax.sessions s', string_agg(case
                when a.attname in ('caller_number', 'called_number', 'local_station_id', 'remote_station_id')
                    then format('fax.masked(s.%1$I) as %1$I', a.attname)
                when a.attname = 'file_names' then 'cardinality(s.file_names) as files'
                when col_description(a.attrelid, a.attnum) !~ '\(personal' then format('s.%I', a.attname)
            end, ', ' order by a.attnum))
        from pg_attribute a
        where a.attrelid = 'fax.sessions'::regclass and a.attnum > 0
    );
    for described in
        select m.attname as name, replace(col_description(s.attrelid, s.attnum), '(personal)', '(masked)') as comment
        from pg_attribute m
        join pg_attribute s on s.attrelid = 'fax.sessions'::regclass and s.attname = m.attname
        where m.attrelid = 'fax.sessions_masked'::regclass
    loop
        execute format('comment on column fax.sessions_masked.%I is %L', described.name, described.comment);
    end loop;
end
$$;

comment on view fax.sessions_masked is 'One fax session as in fax.sessions, without personal values. Of a masked value only the length and the last two characters remain, or only the length if it is shorter than six.';
comment on column fax.sessions_masked.files is 'Number of files sent or received. NULL if not reported.';
