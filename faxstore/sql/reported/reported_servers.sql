-- The names of the servers of reported faxes, in order. Reads one entry of an index per name.
-- Runs with the rights of the owner, because fax_masked may name servers but reads no reported faxes.
-- example: select * from fax.reported_servers();
create function fax.reported_servers() returns setof text
language plpgsql stable parallel safe
security definer
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
