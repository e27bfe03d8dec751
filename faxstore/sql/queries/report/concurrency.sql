-- The faxes in progress at once, per bucket of a time zone, on the selected servers together: the peak, and the mean
-- over the bucket. A fax that ends in the moment in which another starts counts beside it. A fax counts from a day
-- before the period at the earliest.
with buckets as (
    select * from fax.buckets(%(since)s, %(until)s, %(time_zone)s, %(bucket)s)
),
moments as (
    select m.at, m.step
    from (
        select greatest(s.started_at, %(since)s) as began_at, least(coalesce(s.ended_at, now()), %(until)s) as ended_at
        from fax.sessions s
        where s.started_at >= %(since)s::timestamptz - interval '1 day' and s.started_at < %(until)s
          and s.server = any (%(servers)s::text[]) and s.direction is distinct from 'detector'
    ) f
    cross join lateral (values (f.began_at, 1), (f.ended_at, -1)) as m (at, step)
    where f.ended_at >= f.began_at
    union all
    select greatest(b.bucket_start, %(since)s), 0 from buckets b
),
counted as (
    select
        m.at,
        sum(m.step) over in_order as at_once,
        lead(m.at, 1, %(until)s) over in_order as until
    from moments m
    window in_order as (order by m.at, abs(m.step) desc, m.step desc rows between unbounded preceding and current row)
)
select
    b.bucket_start,
    b.bucket_end,
    b.label,
    max(c.at_once)::bigint as peak,
    round(sum(c.at_once * extract(epoch from c.until - c.at))
          / extract(epoch from least(b.bucket_end, %(until)s) - greatest(b.bucket_start, %(since)s)), 2) as mean
from buckets b
join counted c on c.at >= b.bucket_start and c.at < b.bucket_end
group by b.bucket_start, b.bucket_end, b.label
