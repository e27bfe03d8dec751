-- Trigger of the history after a DELETE: refuses it unless the pack of its session contains each deleted row, equal byte
-- by byte. So no row leaves the table that the history would not show as it was.
-- The deleted rows of a session that is packed for the first time, in the order of fax.pack_sessions(), are the array in its
-- pack: both are compared at once.
-- Of late rows, which were added to a pack, each is compared.
create function fax.check_packed() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = on
set enable_seqscan = on
set enable_memoize = off
as $$
begin
    if exists (
        select
        from (
            select g.session_id, g.started_at, array_agg(g.one order by g.position) filter (where not g.is_plain)
                    || array_agg(g.one order by g.position) filter (where g.is_plain) as rows
            from (
                -- offset 0: builds each row before they are sorted
                select n.session_id, n.started_at, n.position, n.details is null as is_plain, row(n.*)::fax.observation as one
                from gone n
                offset 0
            ) g
            group by g.session_id, g.started_at
        ) d
        where not coalesce((
            select
                record_image_eq(row(p.rows), row(d.rows))
                -- count(*), not exists(): for the first row alone, the planner would compare each row with each
                or 0 = (
                    select count(*)
                    from unnest(d.rows) r
                    left join unnest(p.rows) k on k.position = r.position
                    where not coalesce(k operator(pg_catalog.*=) r, false)
                )
            from fax.session_pack p
            where p.session_id = d.session_id and p.started_at = d.started_at
        ), false)
    ) then
        raise exception 'fax.observation is append-only: delete is refused for a row that is not in fax.session_pack'
            using errcode = 'insufficient_privilege';
    end if;
    return null;
end
$$;
