-- The rows of fax.session of given sessions. Like the other functions without variables of row types: if a query of one
-- node is in a function with such variables, that node refuses it ("could not determine data type of parameter").
-- example: select fax.sessions_of(array['…']::uuid[]);
create or replace function fax.sessions_of(of_sessions uuid[]) returns fax.session[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(select row(s.*)::fax.session from fax.session s where s.session_id = any (of_sessions));
end
$$;
