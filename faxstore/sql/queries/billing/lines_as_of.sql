-- The faxes of a period as a consumer knew them after a batch.
select a.*
from fax.export_as_of(%(consumer)s, %(batch)s, %(since)s::timestamp, %(until)s::timestamp, %(time_zone)s) a
order by a.started_at, a.session_id
