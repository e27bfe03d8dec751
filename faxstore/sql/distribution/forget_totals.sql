-- As in faxstore/sql/folds/forget_totals.sql, and without a trigger: takes what the totals counted out of
-- fax.usage_rollup.
create or replace function fax.forget_totals(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    forgotten fax.session_total[] := array(select t from fax.removed_totals(of_sessions) t);
begin
    if cardinality(forgotten) > 0 then
        insert into fax.session_untotalled (session_id, started_at, server)
        select f.session_id, f.started_at, f.server from unnest(forgotten) f;
        perform fax.count_totals(forgotten, -1);
    end if;
end
$$;
