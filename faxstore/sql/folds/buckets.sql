-- The buckets of a time zone that contain some of a period, one after the other, also those in which nothing happened.
-- bucket: hour, day, week (from Monday), month, quarter or year. They begin and end as those of fax.usage(), and label
-- is the local time at which one begins: 2026-11-01 08:00, 2026-11-01, 2026-11 or 2026.
-- example: select * from fax.buckets('2026-10-31 23:00+00', '2026-11-30 23:00+00', 'Europe/Berlin', 'day');
create function fax.buckets(from_at timestamptz, to_at timestamptz, time_zone text, bucket text)
returns table (bucket_start timestamptz, bucket_end timestamptz, label text)
language sql stable parallel safe
begin atomic
    select
        s.bucket_start,
        -- an hour is always an hour; a local day may have 23 or 25 hours and start at one o'clock
        case when bucket = 'hour' then s.bucket_start + interval '1 hour'
             else date_trunc(bucket, s.bucket_start at time zone time_zone + w.width) at time zone time_zone end,
        to_char(s.bucket_start at time zone time_zone, case bucket
            when 'hour' then 'YYYY-MM-DD HH24:MI' when 'month' then 'YYYY-MM' when 'quarter' then 'YYYY-"Q"Q'
            when 'year' then 'YYYY' else 'YYYY-MM-DD' end)
    from (
        select case bucket when 'quarter' then interval '3 months' else ('1 ' || bucket)::interval end as width
    ) w
    cross join lateral (
        select date_trunc('hour', from_at, time_zone) + n * interval '1 hour' as bucket_start
        from generate_series(0, ceil(extract(epoch from to_at - from_at) / 3600)::bigint) n
        where bucket = 'hour'
        union all
        select distinct date_trunc(bucket, l.local at time zone time_zone, time_zone)  -- a local day may not exist
        from generate_series(
            date_trunc(bucket, from_at at time zone time_zone), to_at at time zone time_zone, w.width) as l (local)
        where bucket <> 'hour'
    ) s
    where s.bucket_start < to_at
    order by s.bucket_start;
end;
