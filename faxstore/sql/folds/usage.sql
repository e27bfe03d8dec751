-- Usage between two moments of a time zone, by bucket of that zone, server, account and direction. A session counts as
-- a whole in the bucket in which it started. Tone detectors (V.21) are not faxes and do not count.
-- bucket: hour, day, week (from Monday), month, quarter or year.
-- Runs with its owner's rights: it returns no personal values, so users of masked views may call it.
-- example: select * from fax.usage('2026-10-01', '2026-11-01', 'Europe/Berlin', 'day');
create function fax.usage(from_local timestamp, to_local timestamp, time_zone text default 'UTC', bucket text default 'day')
returns table (
    bucket_start timestamptz, bucket_end timestamptz, server text, account_code text, direction text,
    sessions bigint, pages bigint, bad_lines bigint, seconds numeric,
    successes bigint, failures bigint, unknown_ends bigint, unknown_durations bigint
)
language plpgsql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    width interval;
begin
    if bucket is null or bucket not in ('hour', 'day', 'week', 'month', 'quarter', 'year') then
        raise exception 'bucket is %, expected hour, day, week, month, quarter or year', coalesce(quote_literal(bucket), 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    width := case bucket when 'quarter' then interval '3 months' else ('1 ' || bucket)::interval end;
    return query
    select
        b.bucket_start,
        -- an hour is always an hour; a local day may have 23 or 25 hours and start at one o'clock
        case when bucket = 'hour' then b.bucket_start + width
             else date_trunc(bucket, b.bucket_start at time zone time_zone + width) at time zone time_zone end,
        b.server, b.account_code, b.direction,
        count(*), sum(b.pages)::bigint, sum(b.bad_lines)::bigint, sum(b.duration_seconds),
        count(*) filter (where b.result = 'success'),
        count(*) filter (where b.result = 'failed'),
        count(*) filter (where b.result = 'unknown'),
        count(*) filter (where b.duration_seconds is null)
    from (
        select
            date_trunc(bucket, s.started_at, time_zone) as bucket_start,
            s.server, s.account_code, s.direction, s.pages, s.bad_lines, s.duration_seconds, s.result
        from fax.sessions s
        where s.started_at >= from_local at time zone time_zone
          and s.started_at < to_local at time zone time_zone
          and s.direction is distinct from 'detector'
    ) b
    group by b.bucket_start, b.server, b.account_code, b.direction
    order by b.bucket_start, b.server, b.account_code, b.direction;
end
$$;
