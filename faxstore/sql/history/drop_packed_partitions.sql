-- Drops the partitions of fax.observation of past days, and those of fax.session_pack of dropped months, that occupy no
-- space, and returns their names. PostgreSQL frees the space of deleted rows (VACUUM) only when no snapshot can see them
-- any more, so no reader misses a row: one with an older snapshot would find neither the rows nor their packs.
-- Waits at most 100 ms for readers, and leaves a partition to the next call if they go on.
-- example: select * from fax.drop_packed_partitions();
create function fax.drop_packed_partitions() returns setof text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
declare
    day text := to_char(now() at time zone 'UTC' - interval '2 days', 'YYYY_MM_DD');
    name text;
    parent regclass;
begin
    for name, parent in
        select c.relname, i.inhparent from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where (i.inhparent = 'fax.observation'::regclass
               and c.relname ~ '_\d{4}_\d\d_\d\d$' and c.relname < 'observation_' || day)
           or (i.inhparent = 'fax.session_pack'::regclass
               and exists (select from fax.dropped_month m where c.relname = 'session_pack_' || to_char(m.month, 'YYYY_MM')))
        order by c.relname
    loop
        continue when pg_relation_size('fax.' || name) > 0;
        begin
            perform fax.lock_append();
            execute format('lock table %s in access exclusive mode', parent);
            continue when pg_relation_size('fax.' || name) > 0;
            execute format('drop table fax.%I', name);
            return next name;
        exception when lock_not_available then
            exit;  -- the reader has the others too, and appends would wait for each
        end;
    end loop;
end
$$;
