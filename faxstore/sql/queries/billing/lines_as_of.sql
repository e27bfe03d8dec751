-- What a consumer had been told by a batch of the faxes that began in a period.
select a.*
from fax.export_as_of(%(consumer)s, %(batch)s, %(since)s::timestamp, %(until)s::timestamp, %(time_zone)s) a
order by a.started_at, a.session_id
