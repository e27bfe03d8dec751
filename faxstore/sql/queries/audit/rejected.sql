-- The rejected messages of the period, by server and reason.
select r.server, count(*) as messages, min(r.observed_at) as first_at, max(r.observed_at) as last_at, r.reason
from fax.rejected_messages r
where r.server = any (%(servers)s) and r.observed_at >= %(since)s and r.observed_at < %(until)s
group by r.server, r.reason
order by r.server, messages desc, r.reason;
