-- The positions to read after one: up to `until`, at most as many as wanted but at least one append; the number of faxes
-- that a later life ended at `until`; the last position of the history; and a month without rows in the database among
-- the positions, with the last of them.
with ends as materialized (
    select
        coalesce(max(b.last_position), 0) as last,
        coalesce(max(b.last_position) filter (where b.last_position > %(after)s::bigint and b.last_position <= %(after)s::bigint + %(most)s::bigint),
                 min(b.last_position) filter (where b.last_position > %(after)s::bigint),
                 max(b.last_position), 0) as until
    from (
        (select b.last_position from fax.append_batch b where b.last_position > %(after)s::bigint order by b.last_position limit 1)
        union all
        (select b.last_position from fax.append_batch b where b.last_position <= %(after)s::bigint + %(most)s::bigint
         order by b.last_position desc limit 1)
        union all
        (select b.last_position from fax.append_batch b order by b.last_position desc limit 1)
    ) b
)
select
    e.until,
    (select coalesce(sum(cardinality(p.ended_sessions)), 0) from fax.epoch p
     where p.known_after = e.until and p.ended_sessions <> '{}')::integer as ended,
    e.last,
    to_char(d.month, 'YYYY-MM') as month,
    upper(d.positions) - 1 as month_ends
from ends e
left join lateral (
    select m.month, m.positions
    from fax.dropped_month m
    where m.positions && int8range(%(after)s::bigint, e.until, '(]')
    order by upper(m.positions) desc
    limit 1
) d on true
