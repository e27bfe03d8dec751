-- grain: one month before a moment with sessions, with files of the archive, or with rejected messages that are not empty
-- Reads one index entry per month to find the months, and opens no pack.
with recursive started (began) as (
    select date_trunc('month', min(s.started_at), 'UTC') from fax.session s where s.started_at < %(before)s
    union all
    select (
        select date_trunc('month', min(s.started_at), 'UTC')
        from fax.session s
        where s.started_at >= (m.began at time zone 'UTC' + interval '1 month') at time zone 'UTC'
          and s.started_at < %(before)s
    )
    from started m
    where m.began is not null
),
rejected as (
    select date_trunc('month', r.observed_at, 'UTC') as began, count(*) as messages
    from fax.rejected_message r
    where r.observed_at < %(before)s and r.raw <> ''
    group by 1
),
month as (
    select
        (b.began at time zone 'UTC')::date as month, b.began,
        (b.began at time zone 'UTC' + interval '1 month') at time zone 'UTC' as ends
    from (
        select s.began from started s where s.began is not null
        union
        select r.began from rejected r
        union
        select f.month::timestamp at time zone 'UTC' from fax.archive_file f
    ) b
    where b.began < %(before)s
)
select
    m.month, s.sessions, (p.rows + o.rows)::bigint as rows_here,
    coalesce(f.files, 0) as files, coalesce(f.rows, 0)::bigint as file_rows, coalesce(f.is_outdated, false) as is_outdated,
    d.month is not null as is_dropped, d.deleted_at is not null as is_deleted, coalesce(r.messages, 0) as messages
from month m
cross join lateral (
    select count(*) as sessions from fax.session s where s.started_at >= m.began and s.started_at < m.ends
) s
cross join lateral (
    select coalesce(sum(p.row_count), 0) as rows
    from fax.session_pack p
    where p.started_at >= m.began and p.started_at < m.ends
) p
cross join lateral (
    select count(*) as rows from fax.observation o where o.started_at >= m.began and o.started_at < m.ends
) o
cross join lateral (
    select count(*) as files, sum(f.rows) as rows, bool_or(f.is_outdated) as is_outdated
    from fax.archive_file f
    where f.month = m.month
) f
left join fax.dropped_month d on d.month = m.month
left join rejected r on r.began = m.began
order by m.month
