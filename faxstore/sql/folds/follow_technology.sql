-- Trigger of fax.technology, for each statement: removes the totals that were computed with another meaning of
-- TotalBadLines. It takes the lock of all appenders, because it may concern many sessions.
create function fax.follow_technology() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fax.lock_append();
    -- as in fax.forget_totals()
    update fax.session_untotalled u set started_at = u.started_at;
    with outdated as materialized (
        select t.session_id
        from fax.session_total t
        where t.counts_by_session <> coalesce(
            (select y.bad_lines_counted_by = 'session' from fax.technology y where y.technology = t.technology), false)
    ),
    stale as (
        update fax.dropped_session d set is_stale = true from outdated o where d.session_id = o.session_id
    ),
    forgotten as (
        delete from fax.session_total t
        using outdated o
        where t.session_id = o.session_id
          and not exists (select from fax.dropped_session d where d.session_id = t.session_id)
        returning t.session_id, t.started_at, t.server
    )
    insert into fax.session_untotalled (session_id, started_at, server)
    select f.session_id, f.started_at, f.server from forgotten f;
    return null;
end
$$;

create trigger follow_technology after insert or update or delete or truncate on fax.technology
    for each statement execute function fax.follow_technology();
alter table fax.technology enable always trigger follow_technology;
