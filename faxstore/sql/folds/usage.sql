-- Usage between two moments of a time zone, by bucket of that zone, server, account, direction and source. A session
-- counts as a whole in the bucket in which it started. Tone detectors (V.21) are not faxes and do not count. The source is
-- observed, or the records in which another system reported the faxes (fax.reported_fax).
-- bucket: hour, day, week (from Monday), month, quarter or year.
-- Runs with its owner's rights: it returns no personal values, so users of masked views may call it.
-- example: select * from fax.usage('2026-10-01', '2026-11-01', 'Europe/Berlin', 'day');
create function fax.usage(from_local timestamp, to_local timestamp, time_zone text default 'UTC', bucket text default 'day')
returns table (
    bucket_start timestamptz, bucket_end timestamptz, server text, account_code text, direction text,
    sessions bigint, pages bigint, bad_lines bigint, seconds numeric,
    successes bigint, failures bigint, unknown_ends bigint, unknown_durations bigint, source text
)
language plpgsql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    width interval;
    from_at timestamptz := from_local at time zone time_zone;
    to_at timestamptz := to_local at time zone time_zone;
begin
    if bucket is null or bucket not in ('hour', 'day', 'week', 'month', 'quarter', 'year') then
        raise exception 'bucket is %, expected hour, day, week, month, quarter or year', coalesce(quote_literal(bucket), 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    width := case bucket when 'quarter' then interval '3 months' else ('1 ' || bucket)::interval end;
    return query
    with spans as materialized (
        select p.hours, p.span_start, p.bucket_start from fax.usage_spans(from_at, to_at, time_zone, bucket) p
    )
    select
        b.bucket_start,
        -- an hour is always an hour; a local day may have 23 or 25 hours and start at one o'clock
        case when bucket = 'hour' then b.bucket_start + width
             else date_trunc(bucket, b.bucket_start at time zone time_zone + width) at time zone time_zone end,
        b.server, b.account_code, b.direction,
        sum(b.sessions)::bigint,
        case when sum(b.page_reports) > 0 then sum(b.pages)::bigint end,
        case when sum(b.measurements) > 0 then sum(b.bad_lines)::bigint end,
        case when sum(b.durations) > 0 then sum(b.seconds) end,
        coalesce(sum(b.sessions) filter (where b.result = 'success'), 0)::bigint,
        coalesce(sum(b.sessions) filter (where b.result = 'failed'), 0)::bigint,
        coalesce(sum(b.sessions) filter (where b.result = 'unknown'), 0)::bigint,
        sum(b.sessions - b.durations)::bigint,
        b.source
    from (
        select
            p.bucket_start, r.server, r.account_code, r.direction, r.result, r.sessions, r.pages, r.page_reports,
            r.bad_lines, r.measurements, r.seconds, r.durations, 'observed' as source
        from spans p
        cross join lateral (
            select r.* from fax.usage_rollup r where r.hours = p.hours and r.span_start = p.span_start offset 0
        ) r
        where p.bucket_start is not null
        union all
        select
            date_trunc(bucket, s.started_at, time_zone) as bucket_start, s.server, s.account_code, s.direction, s.result,
            s.sessions, s.pages, (s.pages is not null)::integer as page_reports,
            s.bad_lines, (s.bad_lines is not null)::integer as measurements,
            s.seconds, (s.seconds is not null)::integer as durations, s.source
        from (
            -- hours that do not lie in one bucket
            select
                t.started_at, u.server, u.account_code, u.direction, u.result, u.sessions, u.pages, u.bad_lines, u.seconds,
                'observed' as source
            from spans p
            join (select * from fax.session_total) t
              on t.started_at >= greatest(p.span_start, from_at)
             and t.started_at < least(p.span_start + interval '1 hour', to_at)
            cross join lateral fax.usage_of(t::fax.session_total) u
            where p.bucket_start is null
            union all
            select n.started_at, s.server, s.account_code, s.direction, s.result, 1, s.pages, s.bad_lines, s.duration_seconds, 'observed'
            from fax.session_uncounted n
            cross join lateral (
                select s.server, s.account_code, s.direction, s.result, s.pages, s.bad_lines, s.duration_seconds
                from fax.sessions s
                where s.session_id = n.session_id and s.started_at = n.started_at
                  and s.direction is distinct from 'detector'
                offset 0
            ) s
            where n.started_at >= from_at and n.started_at < to_at
            union all
            select r.started_at, r.server, r.account_code, r.direction, r.result, 1, r.pages, null, r.duration_seconds, r.source
            from fax.reported_fax r
            where r.started_at >= from_at and r.started_at < to_at
        ) s
    ) b
    group by b.bucket_start, b.server, b.account_code, b.direction, b.source
    having sum(b.sessions) > 0
    order by b.bucket_start, b.server, b.account_code, b.direction, b.source;
end
$$;
