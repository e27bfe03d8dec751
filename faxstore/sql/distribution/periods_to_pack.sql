-- As in faxstore/sql/history/periods_to_pack.sql; the size of a distributed table says nothing here.
create or replace function fax.periods_to_pack(until timestamptz) returns table (began timestamptz, ends timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    name text;
begin
    for name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'fax.observation'::regclass
        order by c.relname
    loop
        execute format('select min(o.started_at) from fax.%I o where o.started_at < $1', name) into began using until;
        ends := until;
        if began is not null and name ~ '_\d{4}_\d\d_\d\d$' then
            began := to_date(right(name, 10), 'YYYY_MM_DD');
            ends := began + interval '1 day';
        end if;
        if began is not null and ends <= until then
            return next;
        end if;
    end loop;
end
$$;
