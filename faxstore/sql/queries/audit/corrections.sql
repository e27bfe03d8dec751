-- Corrections exported of faxes that started in the period, by consumer and server.
select
    l.consumer,
    l.server,
    count(distinct l.session_id) as sessions,
    count(*) as corrections,
    min(b.made_at) as first_at,
    max(b.made_at) as last_at
from fax.export_line l
join fax.export_batch b on b.consumer = l.consumer and b.batch = l.batch
where l.revision > 1 and l.server = any (%(servers)s) and l.started_at >= %(since)s and l.started_at < %(until)s
group by l.consumer, l.server
order by l.consumer, l.server;
