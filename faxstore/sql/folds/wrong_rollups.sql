-- The spans within a period whose counts in fax.usage_rollup are not those of the totals, by server. The period consists
-- of whole UTC days.
-- Runs with its owner's rights, so that it can be called without rights on the values.
-- example: select * from fax.wrong_rollups('2026-11-01 00:00+00', '2026-11-02 00:00+00');
create function fax.wrong_rollups(from_at timestamptz, to_at timestamptz)
returns table (hours smallint, span_start timestamptz, server text)
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select distinct c.hours, c.span_start, c.server
    from (
        select
            h.hours, date_bin(h.hours * interval '1 hour', t.started_at, '0001-01-01 00:00:00+00') as span_start,
            u.server, u.account_code, u.direction, u.result, u.result_class,
            u.sessions, u.pages, (u.pages is not null)::integer as page_reports,
            u.bad_lines, (u.bad_lines is not null)::integer as measurements,
            u.seconds, (u.seconds is not null)::integer as durations, (u.pages > 0)::integer as after_a_page
        from (
            select m.started_at, row(m.*)::fax.session_total as total
            from fax.session_total m
            where m.started_at >= from_at and m.started_at < to_at
        ) t
        cross join lateral fax.usage_of(t.total) u
        cross join unnest('{1,6,24}'::smallint[]) h (hours)
        union all
        select
            r.hours, r.span_start, r.server, r.account_code, r.direction, r.result, r.result_class,
            -r.sessions, -r.pages, -r.page_reports, -r.bad_lines, -r.measurements, -r.seconds, -r.durations, -r.after_a_page
        from fax.usage_rollup r
        where r.span_start >= from_at and r.span_start < to_at
    ) c
    group by c.hours, c.span_start, c.server, c.account_code, c.direction, c.result, c.result_class
    having (sum(c.sessions), coalesce(sum(c.pages), 0), sum(c.page_reports), coalesce(sum(c.bad_lines), 0),
            sum(c.measurements), coalesce(sum(c.seconds), 0), sum(c.durations), coalesce(sum(c.after_a_page), 0))
           <> (0, 0, 0, 0, 0, 0, 0, 0)
$$;
