-- The history rows of sessions that started in the period, and how many of them no checkpoint covers yet. Rows that are in
-- files only were covered when they were archived.
select
    sum(h.rows)::bigint as rows,
    min(h.first_position) as first_position,
    max(h.last_position) as last_position,
    sum(h.rows_without_checkpoint)::bigint as rows_without_checkpoint
from (
    select
        count(*) as rows,
        min(i.position) as first_position,
        max(i.position) as last_position,
        count(*) filter (where i.position > n.size) as rows_without_checkpoint
    from fax.session_history i
    join fax.session s on s.session_id = i.session_id
    cross join (select coalesce(max(c.size), 0) as size from fax.checkpoint c) n
    where i.started_at >= %(since)s and i.started_at < %(until)s and s.server = any (%(servers)s)
    union all
    select
        coalesce(sum(cardinality(d.moments)), 0) as rows,
        min(d.first_position) as first_position,
        max(d.last_position) as last_position,
        0 as rows_without_checkpoint
    from fax.dropped_session d
    where d.started_at >= %(since)s and d.started_at < %(until)s and d.server = any (%(servers)s)
) h
having sum(h.rows) > 0;
