-- grain: one session of a month whose rows may contain personal values, the oldest first
-- Not those with an erasure since their last row. Rows in files are not opened: the times decide.
with of_month as materialized (
    select
        s.session_id, s.started_at,
        o.rows + coalesce(p.row_count, 0) + coalesce((select cardinality(d.moments) from fax.dropped_session d where d.session_id = s.session_id), 0) as rows,
        greatest(t.last_position, p.last_position, o.position) as last_position
    from fax.session s
    left join fax.session_total t on t.session_id = s.session_id
    left join fax.session_pack p on p.session_id = s.session_id and p.started_at = s.started_at
    cross join lateral (
        select max(o.position) as position, count(*) as rows
        from fax.observation o
        where o.session_id = s.session_id and o.started_at = s.started_at
    ) o
    where s.started_at >= %(began)s and s.started_at < %(ends)s
)
select m.session_id, m.started_at, m.rows
from of_month m
where not exists (
    select
    from fax.erasure e
    where e.session_id = m.session_id
      and e.erased_at >= (
          select b.appended_at
          from fax.append_batch b
          where b.last_position >= m.last_position
          order by b.last_position
          limit 1))
order by m.started_at, m.session_id
