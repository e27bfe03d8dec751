-- The faxes of the last four weeks before the newest one, and averages of the last 10,000 totals.
with newest as (
    select max(started_at) as at, max(started_at) - interval '28 days' as since, min(started_at) as first from fax.session
),
hours as (
    select date_bin('1 hour', s.started_at, 'epoch') as hour, count(*) as sessions
    from newest n
    join fax.session s on s.started_at > n.since
    group by 1
),
latest as (
    select t.* from fax.session_total t order by t.started_at desc limit 10000
)
select
    (select sum(sessions) from hours)::float8 as sessions,
    (select max(sessions) from hours)::float8 as busiest_hour,
    (select extract(epoch from at - greatest(first, since)) / 86400 from newest)::float8 as days,
    (select extract(epoch from at - first) / 86400 from newest)::float8 as all_days,
    (select count(distinct server) from fax.epoch)::float8 as servers,
    count(distinct l.account_code)::float8 as accounts,
    avg(coalesce(l.pages, 0))::float8 as pages,
    avg(l.snapshots)::float8 as snapshots,
    avg(extract(epoch from coalesce(l.completed_at, l.gone_at, l.last_row_at) - l.started_at))::float8 as seconds,
    (select count(distinct consumer) from fax.export_batch)::float8 as consumers,
    (select max(last_position) from fax.append_batch)::float8 as last_position,
    (select max(size) from fax.checkpoint)::float8 as sealed_rows,
    (select sum(rows) from fax.archive_file)::float8 as archived_rows,
    (select sum(bytes) from fax.archive_file)::float8 as archived_bytes,
    (select sum(f.rows) from fax.archive_file f join fax.dropped_month d using (month))::float8 as dropped_rows,
    (select extract(epoch from max(h.observed_at) - min(h.observed_at)) / 86400
     from (
         (select observed_at from fax.server_history order by ordinal limit 1)
         union all
         (select observed_at from fax.server_history order by ordinal desc limit 1)
     ) h)::float8 as watched_days
from latest l;
