-- Quality per bucket of a time zone (fax.quality has it by remote station): what receivers without ECM could measure,
-- and what polls observed of all faxes.
select
    b.bucket_start,
    b.bucket_end,
    b.label,
    count(s.session_id) as sessions,
    case when count(s.session_id) = 0 then 0 else sum(s.pages)::bigint end as pages,
    coalesce(sum(s.measurable_pages), 0)::bigint as measurable_pages,
    round(sum(s.error_free_pages)::numeric / nullif(sum(s.measurable_pages), 0), 4) as error_free_page_rate,
    sum(s.bad_lines)::bigint as bad_lines,
    round(sum(s.bad_lines) / nullif(sum(s.lines_estimated), 0), 4) as bad_line_ratio_estimated,
    sum(s.resent_pages)::bigint as resent_pages,
    round(sum(s.page_seconds) / nullif(sum(s.timed_pages), 0), 2) as seconds_per_page,
    sum(s.rate_falls)::bigint as rate_falls
from fax.buckets(%(since)s, %(until)s, %(time_zone)s, %(bucket)s) b
left join (
    select p.*
    from fax.peer_sessions p
    where p.started_at >= %(since)s and p.started_at < %(until)s and p.server = any (%(servers)s::text[])
) s on date_trunc(%(bucket)s, s.started_at, %(time_zone)s) = b.bucket_start
group by b.bucket_start, b.bucket_end, b.label
