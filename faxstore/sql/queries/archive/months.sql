-- grain: one month with sessions, the oldest first
-- Rows and bytes are those of its files, else those of the database. `here` counts the rows in the database.
with month as (
    select date_trunc('month', s.started_at at time zone 'UTC')::date as month, count(*) as sessions
    from fax.session s
    group by 1
),
packed as (
    select date_trunc('month', p.started_at at time zone 'UTC')::date as month, sum(cardinality(p.rows)) as rows,
           sum(pg_column_size(p.*)) as bytes
    from fax.session_pack p
    group by 1
),
unpacked as (
    select date_trunc('month', o.started_at at time zone 'UTC')::date as month, count(*) as rows,
           sum(pg_column_size(o.*)) as bytes
    from fax.observation o
    group by 1
),
file as (
    select f.month, count(*) as files, sum(f.rows) as rows, sum(f.bytes) as bytes, max(f.size) as size,
           bool_or(f.is_outdated) as is_outdated, min(f.folder) as folder
    from fax.archive_file f
    group by 1
)
select
    m.month, m.sessions,
    coalesce(p.rows, 0)::bigint as packed_rows, coalesce(u.rows, 0)::bigint as unpacked_rows,
    (coalesce(p.bytes, 0) + coalesce(u.bytes, 0))::bigint as bytes_here,
    coalesce(f.files, 0) as files, coalesce(f.rows, 0)::bigint as file_rows, coalesce(f.bytes, 0)::bigint as file_bytes,
    f.size, coalesce(f.is_outdated, false) as is_outdated, f.folder, d.month is not null as is_dropped
from month m
left join packed p on p.month = m.month
left join unpacked u on u.month = m.month
left join file f on f.month = m.month
left join fax.dropped_month d on d.month = m.month
order by m.month
