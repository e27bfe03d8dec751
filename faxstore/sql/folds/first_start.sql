-- When the first session of a server started; NULL if it has none.
-- example: select fax.first_start('pbx1');
create function fax.first_start(of_server text) returns timestamptz
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    return (select min(s.started_at) from fax.session s where s.server = of_server);
end
$$;
