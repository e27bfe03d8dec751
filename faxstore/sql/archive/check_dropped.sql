-- Trigger of the packs after a DELETE: refuses it unless fax.dropped_session has each deleted pack, with the times of its
-- rows, and fax.dropped_month its month. So no pack leaves the table without a record of its rows.
create function fax.check_dropped() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select
        from gone g
        left join fax.dropped_session d on d.session_id = g.session_id and d.started_at = g.started_at
        left join fax.dropped_month m on m.month = date_trunc('month', g.started_at at time zone 'UTC')::date
        where m.month is null or d.moments is distinct from array(select r.observed_at from unnest(g.rows) r)
    ) then
        raise exception 'fax.session_pack is append-only: delete is refused for a pack that is not in fax.dropped_session'
            using errcode = 'insufficient_privilege';
    end if;
    return null;
end
$$;
