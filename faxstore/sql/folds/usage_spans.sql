-- The spans of fax.usage_rollup that contain all of its counts between two moments once, each with the start of the
-- bucket in which it lies: days if they lie in one bucket of the time zone, else quarters of a day, else hours. Of an
-- hour that lies in none, bucket_start is NULL.
-- example: select * from fax.usage_spans('2026-10-31 23:00+00', '2026-11-30 23:00+00', 'Europe/Berlin', 'day');
create function fax.usage_spans(from_at timestamptz, to_at timestamptz, time_zone text, bucket text)
returns table (hours smallint, span_start timestamptz, bucket_start timestamptz)
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    tick constant interval := interval '1 microsecond';
begin
    return query
    with recursive days (span_start) as (
        -- the days that have counts, one after the other from the index
        (select r.span_start
         from fax.usage_rollup r
         where r.hours = 24 and r.span_start >= date_trunc('day', from_at, 'UTC') and r.span_start < to_at
         order by r.span_start
         limit 1)
        union all
        select n.span_start
        from days d
        cross join lateral (
            select r.span_start
            from fax.usage_rollup r
            where r.hours = 24 and r.span_start > d.span_start and r.span_start < to_at
            order by r.span_start
            limit 1
        ) n
    ),
    whole_days as materialized (
        select
            d.span_start,
            fax.bucket_of_span(d.span_start, d.span_start + interval '24 hours' - tick, from_at, to_at, time_zone, bucket)
                as bucket_start
        from days d
    ),
    quarters as materialized (
        select
            q.span_start,
            fax.bucket_of_span(q.span_start, q.span_start + interval '6 hours' - tick, from_at, to_at, time_zone, bucket)
                as bucket_start
        from whole_days d
        cross join lateral (
            select d.span_start + n * interval '6 hours' as span_start from generate_series(0, 3) n
        ) q
        where d.bucket_start is null
          and q.span_start < to_at and q.span_start + interval '6 hours' > from_at
    )
    select 24::smallint, d.span_start, d.bucket_start from whole_days d where d.bucket_start is not null
    union all
    select 6::smallint, q.span_start, q.bucket_start from quarters q where q.bucket_start is not null
    union all
    select
        1::smallint, h.span_start,
        fax.bucket_of_span(h.span_start, h.span_start + interval '1 hour' - tick, from_at, to_at, time_zone, bucket)
    from quarters q
    cross join lateral (
        select q.span_start + n * interval '1 hour' as span_start from generate_series(0, 5) n
    ) h
    where q.bucket_start is null
      and h.span_start < to_at and h.span_start + interval '1 hour' > from_at;
end
$$;
