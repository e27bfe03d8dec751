-- The positions of the packed rows of a month, and whether they are the given ones.
select coalesce(range_agg(int8range(r.position, r.position + 1)) = %(positions)s::int8multirange, false)
from fax.session_pack p
cross join lateral unnest(p.rows) r
where p.started_at >= %(began)s and p.started_at < %(ends)s
