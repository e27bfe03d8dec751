-- The erasures of personal values in the period, by day (UTC), user and reason.
select
    to_char(e.erased_at at time zone 'UTC', 'YYYY-MM-DD') as day,
    e.erased_by,
    count(e.session_id) as sessions,
    sum(e.erased_rows)::bigint as rows,
    e.reason
from fax.erasure e
where e.erased_at >= %(since)s and e.erased_at < %(until)s
group by 1, 2, 5
order by 1, 2, 5;
