-- grain: one row: the unlisted fax that is under way on a Uniqueid at a moment, and how many faxes began there before
select
    max(s.session_id::text) filter (where s.session_number is null and h.last_at >= %(moment)s)::uuid as under_way,
    count(*) filter (where s.started_at < %(moment)s) as before
from fax.session s
cross join lateral (
    select max(r.observed_at) as last_at
    from fax.session_history r
    where r.session_id = s.session_id and r.started_at = s.started_at
) h
where s.server = %(server)s
  and left(s.uniqueid, 100) = left(%(uniqueid)s, 100)
  and s.uniqueid = %(uniqueid)s
  and s.started_at <= %(moment)s
