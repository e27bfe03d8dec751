-- grain: one page of one session, among those counted in fax.sessions.pages
-- example: select page, bad_lines, seconds from fax.session_pages where session_id = '…' order by page;
-- A page that no poll observed has its number and NULLs.
-- A page count above 10,000 is corrupt; pages beyond that are not listed.
create view fax.session_pages as
select
    f.session_id,  -- The session.
    f.server,  -- Name of the server in the settings.
    f.started_at,  -- First observation of the session.
    p.page,  -- Page number, from 1.
    p.page_started_at,  -- First snapshot during the page (first page: after negotiation). NULL if no poll observed it.
    p.page_ended_at,  -- First snapshot during a later page. NULL if no poll observed one.
    case when p.page_ended_at >= p.page_started_at then extract(epoch from p.page_ended_at - p.page_started_at) end as seconds,  -- Seconds from page_started_at to page_ended_at, accurate to a poll interval at each end. NULL if one of them is unknown, or if two observers' clocks reverse them.
    p.attempts,  -- How often it was sent, as far as polls show: more than 1 if its bad lines fell; always 1 for a technology that counts per session. NULL if no poll observed it.
    case when f.bad_lines_measurable then p.bad_lines end as bad_lines,  -- Bad lines of the accepted attempt: the last observed value, a lower bound if poll_gap_seconds exceeds 0.85. NULL if not measurable, or if no poll observed it.
    case when f.bad_lines_measurable and f.bad_lines_counted_by = 'page' then p.bad_lines_discarded end as bad_lines_discarded,  -- Bad lines of the attempts that were sent again. NULL if not measurable, if no poll observed them, or if the technology counts per session.
    p.data_rate,  -- Last rate during the page, bit/s. NULL if not measured.
    fax.resolution_name(p.y_resolution) as resolution,  -- standard, fine or superfine. NULL if not measured, or if another.
    fax.page_quality(case when f.bad_lines_measurable then p.bad_lines end, p.y_resolution) as quality,  -- good, poor or bad by bad_line_ratio_estimated and the limits in fax.quality_class. NULL if not measurable.
    round(fax.page_lines(p.y_resolution))::integer as lines_estimated,  -- Lines of the page, an estimate: A4 at its resolution. NULL if the resolution is not measured.
    case when f.bad_lines_measurable then round(p.bad_lines / fax.page_lines(p.y_resolution), 4) end as bad_line_ratio_estimated,  -- Bad lines divided by lines_estimated, a ratio. NULL if not measurable.
    case when p.page_left_at >= p.last_seen_at then extract(epoch from p.page_left_at - p.last_seen_at) end as poll_gap_seconds  -- Seconds from the last poll during the page to the next poll during a later one, or to the end of the session. Up to 0.85 the last count of bad lines was observed: the next page starts after a preamble of about 1 s (T.30). NULL if no poll observed it, or if its end is unknown.
from fax.session_facts f
cross join lateral (
    select
        coalesce(n.page, a.page) as page,
        -- Page 1 is current from the start of the session; it starts once negotiation is complete.
        case when n.page > 1 then a.first_seen_at else a.first_measured_at end as page_started_at,
        min(a.first_seen_at) over later_pages as page_ended_at,
        coalesce(min(a.first_seen_at) over later_pages, f.completed_at, f.gone_at, f.next_life_at) as page_left_at,
        a.last_seen_at,
        a.attempts,
        a.bad_lines,
        a.bad_lines_discarded,
        a.data_rate,
        a.y_resolution
    from generate_series(1, case when f.pages > 10000 then 10000 else f.pages end) as n (page)
    full join unnest(f.observed_pages) a on a.page = n.page
    -- From the last page back, so that each page adds one row to the frame instead of reading all later pages.
    window later_pages as (order by coalesce(n.page, a.page) desc rows between unbounded preceding and 1 preceding)
) p
where p.page between 1 and case when f.pages > 10000 then 10000 else f.pages end;

comment on view fax.session_pages is 'One page of one session: duration, attempts and bad lines. As many rows as fax.sessions.pages.';
