-- Jobs per bucket of a time zone, by the start of their first attempts (fax.jobs_between): how many got through, at
-- once or after further attempts.
select
    b.bucket_start,
    b.bucket_end,
    b.label,
    count(j.job_id) as jobs,
    coalesce(sum(j.attempts), 0)::bigint as attempts,
    count(*) filter (where j.succeeded and j.attempts = 1) as at_first_attempt,
    count(*) filter (where j.succeeded and j.attempts > 1) as at_later_attempt,
    count(*) filter (where not j.succeeded) as failed,
    count(j.job_id) filter (where j.succeeded is null) as unknown,
    case when count(j.job_id) = 0 then 0 else sum(j.pages)::bigint end as pages,
    count(*) filter (where j.source <> 'observed') as reported
from fax.buckets(%(since)s, %(until)s, %(time_zone)s, %(bucket)s) b
left join fax.jobs_between(%(since)s, %(until)s, %(servers)s::text[]) j
    on date_trunc(%(bucket)s, j.first_attempt_at, %(time_zone)s) = b.bucket_start
group by b.bucket_start, b.bucket_end, b.label
