-- Faxes, pages and results per bucket of a time zone, of the selected servers together (fax.usage).
select
    b.bucket_start,
    b.bucket_end,
    b.label,
    coalesce(sum(u.sessions), 0)::bigint as sessions,
    coalesce(sum(u.sessions) filter (where u.direction = 'sent'), 0)::bigint as sent,
    coalesce(sum(u.sessions) filter (where u.direction = 'received'), 0)::bigint as received,
    case when count(u.sessions) = 0 then 0 else sum(u.pages)::bigint end as pages,
    case when count(u.sessions) filter (where u.direction = 'sent') = 0 then 0
         else sum(u.pages) filter (where u.direction = 'sent')::bigint end as pages_sent,
    case when count(u.sessions) filter (where u.direction = 'received') = 0 then 0
         else sum(u.pages) filter (where u.direction = 'received')::bigint end as pages_received,
    case when count(u.sessions) filter (where u.direction = 'gateway') = 0 then 0
         else sum(u.pages) filter (where u.direction = 'gateway')::bigint end as pages_gateway,
    sum(u.bad_lines)::bigint as bad_lines,
    sum(u.seconds) as seconds,
    coalesce(sum(u.successes), 0)::bigint as successes,
    coalesce(sum(u.failures), 0)::bigint as failures,
    coalesce(sum(u.unknown_ends), 0)::bigint as unknown_ends,
    coalesce(sum(u.sessions) filter (where u.source <> 'observed'), 0)::bigint as reported
from fax.buckets(%(since)s, %(until)s, %(time_zone)s, %(bucket)s) b
left join (
    select * from fax.usage(%(since)s at time zone %(time_zone)s, %(until)s at time zone %(time_zone)s, %(time_zone)s, %(bucket)s) u
    where u.server = any (%(servers)s::text[])
) u on u.bucket_start = b.bucket_start
group by b.bucket_start, b.bucket_end, b.label
