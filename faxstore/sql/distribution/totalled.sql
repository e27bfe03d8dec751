-- Removes sessions from fax.session_untotalled, because their totals are stored.
-- example: select fax.totalled(array['…']::uuid[]);
create or replace function fax.totalled(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from fax.session_untotalled u where u.session_id = any (of_sessions);
end
$$;
