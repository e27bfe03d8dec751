-- grain: one month before a moment with sessions, with files of the archive, with reported faxes, or with rejected messages
-- that are not empty
-- Counts the sessions, packs and rows of all these months; opens no pack.
with started as (
    select date_trunc('month', s.started_at, 'UTC') as began, count(*) as sessions
    from fax.session s
    where s.started_at < %(before)s
    group by 1
),
packed as (
    select date_trunc('month', p.started_at, 'UTC') as began, sum(p.row_count) as rows
    from fax.session_pack p
    where p.started_at < %(before)s
    group by 1
),
unpacked as (
    select date_trunc('month', o.started_at, 'UTC') as began, count(*) as rows
    from fax.observation o
    where o.started_at < %(before)s
    group by 1
),
rejected as (
    select date_trunc('month', r.observed_at, 'UTC') as began, count(*) as messages
    from fax.rejected_message r
    where r.observed_at < %(before)s and r.raw <> ''
    group by 1
),
reported as (
    select date_trunc('month', r.started_at, 'UTC') as began, count(*) as faxes, count(r.raw) as not_erased
    from fax.reported_fax r
    where r.started_at < %(before)s
    group by 1
),
files as (
    select
        f.month::timestamp at time zone 'UTC' as began, count(*) as files, sum(f.rows) as rows,
        bool_or(f.is_outdated) as is_outdated
    from fax.archive_file f
    group by 1
),
month as (
    select m.began, (m.began at time zone 'UTC')::date as month
    from (
        select s.began from started s
        union
        select r.began from rejected r
        union
        select r.began from reported r
        union
        select f.began from files f
    ) m
    where m.began < %(before)s
)
select
    m.month, coalesce(s.sessions, 0) as sessions, (coalesce(p.rows, 0) + coalesce(o.rows, 0))::bigint as rows_here,
    coalesce(f.files, 0) as files, coalesce(f.rows, 0)::bigint as file_rows, coalesce(f.is_outdated, false) as is_outdated,
    d.month is not null as is_dropped, d.deleted_at is not null as is_deleted, coalesce(r.messages, 0) as messages,
    coalesce(e.faxes, 0) as reported, coalesce(e.not_erased, 0) as reported_not_erased
from month m
left join started s on s.began = m.began
left join packed p on p.began = m.began
left join unpacked o on o.began = m.began
left join files f on f.began = m.began
left join fax.dropped_month d on d.month = m.month
left join rejected r on r.began = m.began
left join reported e on e.began = m.began
order by m.month
