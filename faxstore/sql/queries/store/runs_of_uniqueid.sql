-- grain: one fax on a Uniqueid that started by a moment
-- Returns whether it started before that moment, and whether it was never listed and continues after it.
select s.session_id, s.started_at < %(moment)s,
       s.session_number is null and exists (
           select from fax.session_history r
           where r.session_id = s.session_id and r.started_at = s.started_at and r.observed_at >= %(moment)s)
from fax.session s
where s.server = %(server)s
  and left(s.uniqueid, 100) = left(%(uniqueid)s, 100)
  and s.uniqueid = %(uniqueid)s
  and s.started_at <= %(moment)s
  and s.is_fax
  and s.operation is distinct from 'V.21'
order by s.started_at
