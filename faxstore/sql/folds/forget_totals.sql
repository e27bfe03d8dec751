-- Removes the totals of sessions, because a row or a value that they were computed from has changed. Totals that
-- fax.write_totals() is computing of them at this moment are not stored. Sessions whose rows are not in the database
-- (fax.dropped_session) stay as they are until their rows are back.
-- example: select fax.forget_totals(array['…']::uuid[]);
create function fax.forget_totals(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- fax.write_totals() drops what it computed if the row has a new version. If it is storing a total, this waits,
    -- and the next statement sees that total.
    update fax.session_untotalled u set started_at = u.started_at where u.session_id = any (of_sessions);
    update fax.dropped_session d set is_stale = true where d.session_id = any (of_sessions) and not d.is_stale;
    with forgotten as (
        delete from fax.session_total t
        where t.session_id = any (of_sessions)
          and not exists (select from fax.dropped_session d where d.session_id = t.session_id)
        returning t.session_id, t.started_at, t.server
    )
    insert into fax.session_untotalled (session_id, started_at, server)
    select f.session_id, f.started_at, f.server from forgotten f;
end
$$;
