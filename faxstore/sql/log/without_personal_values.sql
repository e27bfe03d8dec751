-- A row of the history as an erasure leaves it.
-- example: select fax.without_personal_values(o) from fax.observation o limit 1;
create function fax.without_personal_values(one fax.observation) returns fax.observation
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    one.file_name := null;
    one.details := fax.plain_details(one.details);
    return one;
end
$$;
