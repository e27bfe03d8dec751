-- The history rows of sessions that started in the period, and how many of them no checkpoint covers yet.
select
    count(*) as rows,
    min(h.position) as first_position,
    max(h.position) as last_position,
    count(*) filter (where h.position > n.size) as rows_without_checkpoint
from (select coalesce(max(c.size), 0) as size from fax.checkpoint c) n
left join (
    select i.position
    from fax.session_history i
    join fax.session s on s.session_id = i.session_id
    where i.started_at >= %(since)s and i.started_at < %(until)s and s.server = any (%(servers)s)
) h on true
having count(h.position) > 0;
