-- The attempts at each page of a session, from its snapshots.
-- TotalBadLines counts the current page. An attempt ends when PageNumber advances or the count falls (the page is sent
-- again). The last value of an attempt is its bad lines. PageNumber falls only when the session switches to T.38 and
-- restarts; rows after that count only once PageNumber reaches its previous maximum again.
-- Several observers: one that took over from another continues its attempts. If they overlapped, their clocks may
-- differ, so each page is taken from one of them, the one that observed more.
-- Unless by_page, the technology counts per session (fax.technology): the bad lines of earlier pages are subtracted; a
-- page that is sent again is not visible there.
-- Arrays as in fax.session_snapshots. Columns as in fax.page_attempts.
-- example: select a.* from fax.session_snapshots s, fax.attempts_at_pages(s.observers, s.moments, s.page_numbers, s.bad_lines, s.measured, s.data_rates, s.y_resolutions, true) a where s.session_id = '…';
create function fax.attempts_at_pages(
    observers text[], moments timestamptz[], page_numbers integer[], bad_lines integer[], measured boolean[],
    data_rates integer[], y_resolutions integer[], by_page boolean)
returns table (
    page integer, attempt bigint, first_seen_at timestamptz, last_seen_at timestamptz, snapshots bigint,
    bad_lines integer, first_measured_at timestamptz, data_rate integer, y_resolution integer, kept boolean
)
language sql immutable parallel safe
begin atomic
    with snapshot as (
        select u.*
        from unnest(observers, moments, page_numbers, attempts_at_pages.bad_lines, attempts_at_pages.measured, data_rates, y_resolutions)
            u (observer, seen_at, page_number, total_bad_lines, measured, data_rate, y_resolution)
        where u.page_number is not null
    ),
    followed as (
        select
            s.*,
            case when w.overlap then s.observer else '' end as stream,
            max(s.page_number) over (partition by s.observer order by s.seen_at) as furthest_page
        from snapshot s
        -- whether two observers overlapped; offset 0: computed once, not for each snapshot
        cross join (
            select case when array_remove(observers, observers[1]) <> '{}' then (
                select bool_or(b.began_during_another)
                from (
                    select o.began_at <= max(o.ended_at) over (
                        order by o.began_at, o.observer groups between unbounded preceding and 1 preceding) as began_during_another
                    from (select i.observer, min(i.seen_at) as began_at, max(i.seen_at) as ended_at from snapshot i group by i.observer) o
                ) b
            ) end as overlap
            offset 0
        ) w
    ),
    counted as (
        select
            f.*,
            case when by_page or f.total_bad_lines is null then f.total_bad_lines
                 else greatest(greatest(f.total_bad_lines, 0) - (
                     select greatest(max(b.total_bad_lines), 0)
                     from snapshot b
                     where b.observer = f.observer and b.page_number < f.page_number), 0) end as page_bad_lines
        from followed f
        where f.page_number = f.furthest_page
    ),
    compared as (
        select
            i.*,
            lag(i.page_bad_lines) over (partition by i.page_number, i.stream order by i.seen_at) as bad_lines_before
        from counted i
    ),
    numbered as (
        select
            c.*,
            1 + count(*) filter (where by_page and c.page_bad_lines < c.bad_lines_before)
                over (partition by c.page_number, c.stream order by c.seen_at) as attempt
        from compared c
    ),
    attempts as (
        select
            n.page_number as page,
            n.stream,
            n.attempt,
            min(n.seen_at) as first_seen_at,
            max(n.seen_at) as last_seen_at,
            count(*) as snapshots,
            (array_agg(n.page_bad_lines order by n.seen_at desc))[1] as bad_lines,
            min(n.seen_at) filter (where n.measured) as first_measured_at,
            (array_agg(n.data_rate order by n.seen_at desc) filter (where n.data_rate is not null))[1] as data_rate,
            (array_agg(n.y_resolution order by n.seen_at desc) filter (where n.y_resolution is not null))[1] as y_resolution
        from numbered n
        group by n.page_number, n.stream, n.attempt
    ),
    judged as (
        select
            a.*,
            a.attempt = max(a.attempt) over (partition by a.page, a.stream) as kept,
            first_value(a.stream) over (partition by a.page
                                        order by a.attempt desc, a.bad_lines desc nulls last, a.stream) as best_stream
        from attempts a
    )
    select j.page, j.attempt, j.first_seen_at, j.last_seen_at, j.snapshots, j.bad_lines, j.first_measured_at, j.data_rate, j.y_resolution, j.kept
    from judged j
    where j.stream = j.best_stream;
end;
