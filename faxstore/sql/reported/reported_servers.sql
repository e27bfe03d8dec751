-- The names of the servers of reported faxes, in order. Reads one entry of an index per name.
-- example: select * from fax.reported_servers();
create function fax.reported_servers() returns setof text
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    name text := (select min(r.server) from fax.reported_fax r);
begin
    while name is not null loop
        return next name;
        name := (select min(r.server) from fax.reported_fax r where r.server > name);
    end loop;
end
$$;
