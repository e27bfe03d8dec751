-- Ends what the database retained of the dropped sessions of a period, and returns those whose totals must be computed
-- again.
with gone as (
    delete from fax.dropped_session d
    where d.started_at >= %(began)s and d.started_at < %(ends)s
    returning d.session_id, d.is_stale
)
select coalesce(array_agg(g.session_id) filter (where g.is_stale), '{}') from gone g
