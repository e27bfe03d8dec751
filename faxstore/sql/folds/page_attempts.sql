-- grain: one attempt at one page of one session
-- example: select page, attempt, bad_lines from fax.page_attempts where session_id = '…' and started_at = '…';
-- TotalBadLines counts the current page. An attempt ends when PageNumber advances or the count falls (the page is sent
-- again). The last value of an attempt is its bad lines. PageNumber falls only when the session switches to T.38 and
-- restarts; rows after that count only once PageNumber reaches its previous maximum again.
-- Several observers: one that took over from another continues its attempts. If they overlapped, their clocks may
-- differ, so each page is taken from one of them, the one that observed more.
-- For a technology that counts per session (fax.technology), the bad lines of earlier pages are subtracted; a page that
-- is sent again is not visible there.
create view fax.page_attempts as
with observed as (
    select
        r.*,
        t.bad_lines_counted_by is distinct from 'session' as by_page,
        max(r.page_number) over (of_observer order by r.observed_at, r.position) as furthest_page,
        greatest(max(r.total_bad_lines) over (of_observer order by r.page_number
                                              range between unbounded preceding and 1 preceding), 0) as bad_lines_of_pages_before,
        min(r.observed_at) over of_observer as observer_began_at,
        max(r.observed_at) over of_observer as observer_ended_at
    from fax.session_rows r
    join fax.session s on s.session_id = r.session_id
    left join fax.technology t on t.technology = s.technology
    where r.is_snapshot and r.page_number is not null
    window of_observer as (partition by r.session_id, r.started_at, r.collector_id)
),
overlapping as (
    select
        o.*,
        o.observer_began_at <= max(o.observer_ended_at) over (
            partition by o.session_id, o.started_at order by o.observer_began_at, o.collector_id
            groups between unbounded preceding and 1 preceding) as began_during_another
    from observed o
),
in_streams as (
    select
        v.*,
        case when bool_or(v.began_during_another) over (partition by v.session_id, v.started_at)
             then v.collector_id else '' end as stream
    from overlapping v
),
counted as (
    select
        o.*,
        case when o.by_page or o.total_bad_lines is null then o.total_bad_lines
             else greatest(greatest(o.total_bad_lines, 0) - o.bad_lines_of_pages_before, 0) end as page_bad_lines
    from in_streams o
    where o.page_number = o.furthest_page
),
compared as (
    select
        i.*,
        lag(i.page_bad_lines) over (partition by i.session_id, i.started_at, i.page_number, i.stream
                                    order by i.observed_at, i.position) as bad_lines_before
    from counted i
),
numbered as (
    select
        c.*,
        1 + count(*) filter (where c.by_page and c.page_bad_lines < c.bad_lines_before)
            over (partition by c.session_id, c.started_at, c.page_number, c.stream order by c.observed_at, c.position) as attempt
    from compared c
),
attempts as (
    select
        n.session_id,
        n.started_at,
        n.page_number as page,
        n.stream,
        n.attempt,
        min(n.observed_at) as first_seen_at,
        max(n.observed_at) as last_seen_at,
        count(*) as snapshots,
        (array_agg(n.page_bad_lines order by n.observed_at desc, n.position desc))[1] as bad_lines,
        min(n.observed_at) filter (where n.measured) as first_measured_at,
        (array_agg(n.data_rate order by n.observed_at desc, n.position desc) filter (where n.data_rate is not null))[1] as data_rate,
        (array_agg(n.y_resolution order by n.observed_at desc, n.position desc) filter (where n.y_resolution is not null))[1] as y_resolution
    from numbered n
    group by n.session_id, n.started_at, n.page_number, n.stream, n.attempt
),
judged as (
    select
        a.*,
        a.attempt = max(a.attempt) over (partition by a.session_id, a.started_at, a.page, a.stream) as kept,
        first_value(a.stream) over (partition by a.session_id, a.started_at, a.page
                                    order by a.attempt desc, a.bad_lines desc nulls last, a.stream) as best_stream
    from attempts a
)
select
    j.session_id,  -- The session.
    j.started_at,  -- First observation of the session.
    j.page,  -- Current page, from 1; one past the last page once all are done.
    j.attempt,  -- Attempt at this page, from 1.
    j.first_seen_at,  -- First snapshot of the attempt.
    j.last_seen_at,  -- Last snapshot of the attempt.
    j.snapshots,  -- Snapshots of the attempt.
    j.bad_lines,  -- Last TotalBadLines of the attempt, lines. Not a measurement for a sender, with ECM, or past the last page. NULL if not reported.
    j.first_measured_at,  -- First snapshot of the attempt after negotiation. NULL if none.
    j.data_rate,  -- Last rate in the attempt, bit/s. NULL if not measured.
    j.y_resolution,  -- Last vertical resolution in the attempt, pixels per metre. NULL if not measured.
    j.kept  -- Whether this is the last attempt at the page, whose bad lines count.
from judged j
where j.stream = j.best_stream;

comment on view fax.page_attempts is 'One attempt at one page of one session, as far as snapshots show it. A page that was sent again has several.';
