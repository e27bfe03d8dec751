-- Records observed in the period but lost because a queue was full, by server and reason.
select
    h.server,
    sum(fax.counter(h.details, 'Records'))::bigint as records,
    min(fax.reported_time(h.details, 'From')) as from_at,
    max(fax.reported_time(h.details, 'To')) as to_at,
    h.details ->> 'Reason' as reason
from fax.server_history h
where h.server = any (%(servers)s) and h.event = 'Dropped' and h.observed_at >= %(since)s and h.observed_at < %(until)s
group by h.server, h.details ->> 'Reason'
order by h.server, reason;
