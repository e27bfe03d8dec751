-- Quality by remote station, transport and ECM, of all servers together (fax.quality); the most used first.
select row_number() over (order by q.sessions desc, q.peer, q.transport, q.error_correction_mode) as place, q.*
from fax.quality(%(since)s at time zone %(time_zone)s, %(until)s at time zone %(time_zone)s, %(time_zone)s) q
