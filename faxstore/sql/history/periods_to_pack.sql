-- grain: one period of time whose rows fax.pack_sessions() can pack: those of the sessions that started in it
-- The days that ended before a moment and whose partition may have rows; and, of the rows in the partitions that are not
-- of a day, from the first one to that moment.
-- example: select * from fax.periods_to_pack(now() - interval '2 days');
create function fax.periods_to_pack(until timestamptz) returns table (began timestamptz, ends timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    name text;
begin
    for name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'fax.observation'::regclass and pg_relation_size(c.oid) > 0
        order by c.relname
    loop
        if name ~ '_\d{4}_\d\d_\d\d$' then
            began := to_date(right(name, 10), 'YYYY_MM_DD');
            ends := began + interval '1 day';
            if ends <= until then
                return next;
            end if;
        else
            execute format('select min(o.started_at) from fax.%I o where o.started_at < $1', name) into began using until;
            ends := until;
            if began is not null then
                return next;
            end if;
        end if;
    end loop;
end
$$;
