-- Trigger of the history after a DELETE: refuses it unless the pack of its session contains each deleted row, equal byte
-- by byte. So no row leaves the table that the history would not show as it was.
create function fax.check_packed() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = on
set enable_seqscan = on
set enable_memoize = off
as $$
begin
    -- count(*), not exists(): for the first row alone, the planner would compare each row with each
    if 0 < (
        select count(*)
        from gone g
        left join (
            select r as packed, r.position
            from (select distinct d.session_id, d.started_at from gone d) s
            cross join lateral (
                select i.rows from fax.session_pack i where i.session_id = s.session_id and i.started_at = s.started_at offset 0
            ) p
            cross join lateral unnest(p.rows) r
        ) k on k.position = g.position
        where not coalesce(k.packed operator(pg_catalog.*=) g, false)
    ) then
        raise exception 'fax.observation is append-only: delete is refused for a row that is not in fax.session_pack'
            using errcode = 'insufficient_privilege';
    end if;
    return null;
end
$$;
