-- Removes the totals of sessions, as fax.forget_totals() does, and returns them.
-- example: select * from fax.removed_totals(array['…']::uuid[]);
create or replace function fax.removed_totals(of_sessions uuid[]) returns setof fax.session_total
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    in_files uuid[] := array(select d.session_id from fax.dropped_session d where d.session_id = any (of_sessions));
begin
    update fax.session_untotalled u set started_at = u.started_at where u.session_id = any (of_sessions);
    if cardinality(in_files) > 0 then
        update fax.dropped_session d set is_stale = true where d.session_id = any (in_files) and not d.is_stale;
        of_sessions := array(select s from unnest(of_sessions) s where s <> all (in_files));
    end if;
    return query select t.* from fax.session_total t where t.session_id = any (of_sessions);
    if found then
        delete from fax.session_total t where t.session_id = any (of_sessions);
    end if;
end
$$;
