-- Counts the rows outside of sessions that contain a number in any spelling, by table and column, and whether
-- fax.erase_number() erases it there. It searches each column of text, JSON or messages, of tables added later too.
-- example: select * from fax.find_number('+49 151 9999-9992');
create function fax.find_number(number text) returns table (place text, containing bigint, is_erased boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    digits constant text := fax.number_digits(number);
    searched record;
begin
    for searched in
        select c.relname, a.attname,
               case when c.relname = 'server_history' and a.attname = 'details' then '(t.details - fax.figure_headers())::text'
                    when a.atttypid = 'bytea'::regtype then format('fax.bytes_as_text(t.%I)', a.attname)
                    else format('t.%I::text', a.attname) end as value
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
          and c.relname not in ('observation', 'session_pack', 'session', 'session_total', 'export_line')
          and (a.atttypid in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
               or (c.relname, a.attname) in (('rejected_message', 'raw'), ('recording_part', 'reader_state'),
                                             ('recording_part', 'first_list'), ('waiting_record', 'body')))
        order by c.relname, a.attnum
    loop
        place := format('fax.%s.%s', searched.relname, searched.attname);
        is_erased := place = any (fax.places_of_erasure());
        execute format('select count(*) from fax.%I t where fax.contains_number(%s, $1)', searched.relname, searched.value)
            into containing using digits;
        if containing > 0 then
            return next;
        end if;
    end loop;
end
$$;
