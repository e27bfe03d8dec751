-- The totals of sessions that started between two moments, as fax.folded_total shows them.
-- example: select * from fax.folded_totals(array['…']::uuid[], '2026-11-23', '2026-11-24');
create or replace function fax.folded_totals(of_sessions uuid[], first_start timestamptz, last_start timestamptz)
returns setof fax.session_total
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select t.* from fax.folded_total t
    where t.session_id = any (of_sessions) and t.started_at >= first_start and t.started_at <= last_start;
end
$$;
