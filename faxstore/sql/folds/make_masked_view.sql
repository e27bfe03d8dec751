-- Creates fax.NAME_masked from the view fax.NAME: numbers and station ids are masked, file_names becomes the number of
-- files, and every other column whose comment contains "(personal" is left out. The rest appears unchanged, with its
-- comment.
-- of_session is the column that names the session of the files, erased_files their number in fax.erased_key.
-- example: select fax.make_masked_view('sessions', 'session_id', 'files');
create function fax.make_masked_view(view_name text, of_session text, erased_files text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    base regclass := to_regclass(format('fax.%I', view_name));
    masked_name text := view_name || '_masked';
    described record;
begin
    execute (
        select format('create view fax.%I as select %s from fax.%I b', masked_name, string_agg(case
                when a.attname in ('caller_number', 'called_number', 'local_station_id', 'remote_station_id')
                    then format('fax.masked(b.%1$I) as %1$I', a.attname)
                when a.attname = 'file_names' then format(
                    'coalesce((select k.%I from fax.erased_key k where k.session_id = b.%I), cardinality(b.file_names)) as files',
                    erased_files, of_session)
                when col_description(a.attrelid, a.attnum) !~ '\(personal' then format('b.%I', a.attname)
            end, ', ' order by a.attnum), view_name)
        from pg_attribute a
        where a.attrelid = base and a.attnum > 0
    );
    for described in
        select m.attname as name, replace(col_description(b.attrelid, b.attnum), '(personal)', '(masked)') as comment
        from pg_attribute m
        join pg_attribute b on b.attrelid = base and b.attname = m.attname
        where m.attrelid = to_regclass(format('fax.%I', masked_name))
    loop
        execute format('comment on column fax.%I.%I is %L', masked_name, described.name, described.comment);
    end loop;
    execute format('comment on column fax.%I.files is %L', masked_name, 'Number of files sent or received. NULL if not reported.');
end
$$;
