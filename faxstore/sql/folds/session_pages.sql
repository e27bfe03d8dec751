-- grain: one page of one session, among those counted in fax.sessions.pages
-- example: select page, bad_lines, seconds from fax.session_pages where session_id = '…' order by page;
-- A page that no poll observed has its number and NULLs.
-- A page count above 10,000 is corrupt; pages beyond that are not listed.
create view fax.session_pages as
select
    p.session_id,  -- The session.
    p.server,  -- Name of the server in the settings.
    p.started_at,  -- First observation of the session.
    p.page,  -- Page number, from 1.
    p.page_started_at,  -- First snapshot during the page (first page: after negotiation). NULL if no poll observed it.
    p.page_ended_at,  -- First snapshot during a later page. NULL if no poll observed one.
    case when p.page_ended_at >= p.page_started_at then extract(epoch from p.page_ended_at - p.page_started_at) end as seconds,  -- Seconds from page_started_at to page_ended_at, accurate to a poll interval at each end. NULL if one of them is unknown, or if two observers' clocks reverse them.
    p.attempts,  -- How often it was sent, as far as polls show: more than 1 if its bad lines fell; always 1 for a technology that counts per session. NULL if no poll observed it.
    case when p.bad_lines_measurable then p.bad_lines end as bad_lines,  -- Bad lines of the accepted attempt: the last observed value, a lower bound if poll_gap_seconds exceeds 0.85. NULL if not measurable, or if no poll observed it.
    case when p.bad_lines_measurable and not p.counts_by_session then p.bad_lines_discarded end as bad_lines_discarded,  -- Bad lines of the attempts that were sent again. NULL if not measurable, if no poll observed them, or if the technology counts per session.
    p.data_rate,  -- Last rate during the page, bit/s. NULL if not measured.
    fax.resolution_name(p.y_resolution) as resolution,  -- standard, fine or superfine. NULL if not measured, or if another.
    (select q.quality
     from fax.quality_class q
     where p.bad_lines_measurable and p.bad_lines < coalesce(q.bad_line_ratio_below, 'infinity') * fax.page_lines(p.y_resolution)
     order by q.bad_line_ratio_below
     limit 1) as quality,  -- good, poor or bad by bad_line_ratio_estimated and the limits in fax.quality_class. NULL if not measurable.
    round(fax.page_lines(p.y_resolution))::integer as lines_estimated,  -- Lines of the page, an estimate: A4 at its resolution. NULL if the resolution is not measured.
    case when p.bad_lines_measurable then round(p.bad_lines / fax.page_lines(p.y_resolution), 4) end as bad_line_ratio_estimated,  -- Bad lines divided by lines_estimated, a ratio. NULL if not measurable.
    case when p.page_left_at >= p.last_seen_at then extract(epoch from p.page_left_at - p.last_seen_at) end as poll_gap_seconds  -- Seconds from the last poll during the page to the next poll during a later one, or to the end of the session. Up to 0.85 the last count of bad lines was observed: the next page starts after a preamble of about 1 s (T.30). NULL if no poll observed it, or if its end is unknown.
from (
    -- of totals, straight from their arrays: fax.pages_of_total() would take ten times as long
    select
        t.session_id,
        t.server,
        t.started_at,
        t.bad_lines_measurable,
        t.counts_by_session,
        n.page,
        case when n.page > 1 then t.page_moments[n.place][1]
             else nullif(coalesce(t.page_moments[n.place][3], t.page_moments[n.place][1]), 'infinity') end as page_started_at,
        n.page_ended_at,
        coalesce(
            n.page_ended_at, t.completed_at, t.gone_at,
            case when not (t.session_number is null and t.snapshots = 0)
                 then (select min(l.began_at) from fax.later_lives l where l.epoch_id = t.epoch_id) end) as page_left_at,
        t.page_moments[n.place][2] as last_seen_at,
        case when n.place is null then null when t.page_attempts is null then 1 else t.page_attempts[n.place] end::bigint as attempts,
        case when n.place is null then null when t.page_bad_lines is null then 0 else t.page_bad_lines[n.place] end as bad_lines,
        case when n.place is null then null when t.page_discarded is null then 0 else t.page_discarded[n.place] end as bad_lines_discarded,
        case when n.place is null then null when t.page_data_rates is null then t.last_data_rate
             else t.page_data_rates[n.place] end as data_rate,
        case when n.place is null then null when t.page_y_resolutions is null then t.y_resolution
             else t.page_y_resolutions[n.place] end as y_resolution
    from fax.session_total t
    cross join lateral (
        select
            u.page,
            a.place,
            -- From the last page back, so that each page adds one row to the frame instead of reading all later pages.
            least(
                min(t.page_moments[a.place][1]) over (order by u.page desc rows between unbounded preceding and 1 preceding),
                b.began_at) as page_ended_at
        from lateral generate_series(1, case when t.pages > 10000 then 10000 else t.pages end) u (page)
        cross join lateral (
            select case when t.page_numbers is null then case when u.page <= array_length(t.page_moments, 1) then u.page end
                        else array_position(t.page_numbers, u.page) end as place
        ) a
        -- pages beyond the counted ones
        cross join (
            select min(t.page_moments[o.place][1]) as began_at
            from lateral generate_series(1, array_length(t.page_moments, 1)) o (place)
            where case when t.page_numbers is null then o.place else t.page_numbers[o.place] end > least(t.pages, 10000)
        ) b
    ) n
    union all
    select
        u.session_id,
        u.server,
        u.started_at,
        f.bad_lines_measurable,
        f.bad_lines_counted_by = 'session' as counts_by_session,
        n.page,
        -- Page 1 is current from the start of the session; it starts once negotiation is complete.
        case when n.page > 1 then n.first_seen_at else n.first_measured_at end as page_started_at,
        n.page_ended_at,
        coalesce(n.page_ended_at, f.completed_at, f.gone_at, case when not (f.session_number is null and f.snapshots = 0)
                 then (select min(l.began_at) from fax.later_lives l where l.epoch_id = f.epoch_id) end) as page_left_at,
        n.last_seen_at,
        n.attempts,
        n.bad_lines,
        n.bad_lines_discarded,
        n.data_rate,
        n.y_resolution
    from fax.session_untotalled u
    -- offset 0: folds the sessions found, one by one, not all of them before they are joined
    cross join lateral (
        select o.* from fax.session_fold o where o.session_id = u.session_id and o.started_at = u.started_at offset 0
    ) f
    cross join lateral (
        select
            n.page,
            least(
                min(a.first_seen_at) over (order by n.page desc rows between unbounded preceding and 1 preceding),
                b.began_at) as page_ended_at,
            a.first_seen_at,
            a.first_measured_at,
            a.last_seen_at,
            a.attempts,
            a.bad_lines,
            a.bad_lines_discarded,
            a.data_rate,
            a.y_resolution
        from lateral generate_series(1, case when f.pages > 10000 then 10000 else f.pages end) n (page)
        left join lateral unnest(f.observed_pages) a on a.page = n.page
        -- pages beyond the counted ones
        cross join (select min(o.first_seen_at) as began_at from lateral unnest(f.observed_pages) o where o.page > least(f.pages, 10000)) b
    ) n
) p;

comment on view fax.session_pages is 'One page of one session: duration, attempts and bad lines. As many rows as fax.sessions.pages.';
