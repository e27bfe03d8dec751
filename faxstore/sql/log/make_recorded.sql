-- Makes the log cover the rows of a table beside the history: adds the triggers that record each change, and records
-- the rows that exist. A change of the columns left out is not recorded, unless they are watched: then the row is
-- recorded without them, and sealing adds a digest.
-- example: select fax.make_recorded('rate', '{rate_id}', '{note}');
create function fax.make_recorded(
    table_name text, key_columns text[], left_out text[] default '{}', watched text[] default '{}'
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set bytea_output = 'hex'
as $$
declare
    recorded text[] := (
        select array_agg(quote_ident(a.attname) order by a.attnum)
        from pg_attribute a
        where a.attrelid = format('fax.%I', table_name)::regclass and a.attnum > 0 and not a.attisdropped
          and (a.attname <> all (left_out) or a.attname = any (watched)));
    changed text := (
        select string_agg(format('old.%1$s is distinct from new.%1$s', r.name), ' or ' order by r.place)
        from unnest(recorded) with ordinality r (name, place));
    -- An update that names none of these columns does not even evaluate the condition.
    update_of text := 'update of ' || array_to_string(recorded, ', ');
    made text := 'create trigger %I after %s on fax.%I for each row %s execute function fax.record_change(%L, %L)';
begin
    execute format(made, 'record_row', 'insert or delete', table_name, '', key_columns, left_out);
    execute format(made, 'record_update', update_of, table_name, format('when (%s)', changed), key_columns, left_out);
    execute format('alter table fax.%I enable always trigger record_row', table_name);
    execute format('alter table fax.%I enable always trigger record_update', table_name);
    execute format('insert into fax.unsealed_change (relation, row_key, content) '
                   'select %L, fax.row_key(to_jsonb(t), %L), to_jsonb(t) - %L::text[] from fax.%I t',
                   table_name, key_columns, left_out, table_name);
end
$$;
