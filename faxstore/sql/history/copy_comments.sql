-- Copies the comments of the columns of a table or view to the columns of the same names of another.
-- example: select fax.copy_comments('session_fold', 'session_facts');
create function fax.copy_comments(from_relation text, to_relation text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    described record;
begin
    for described in
        select t.attname as name, col_description(f.attrelid, f.attnum) as comment
        from pg_attribute f
        join pg_attribute t on t.attrelid = to_regclass(format('fax.%I', to_relation)) and t.attname = f.attname
        where f.attrelid = to_regclass(format('fax.%I', from_relation)) and f.attnum > 0
    loop
        execute format('comment on column fax.%I.%I is %L', to_relation, described.name, described.comment);
    end loop;
end
$$;
