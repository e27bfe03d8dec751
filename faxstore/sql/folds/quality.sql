-- Quality by remote station, of sessions that started between two moments of a time zone. Modelled on the metrics of
-- ITU-T E.450 to E.458, without claiming conformance.
-- Ratios exclude what is not measurable and not_measurable_rate reports its share: only receivers without ECM count bad
-- lines.
-- example: select * from fax.quality('2026-10-01', '2026-11-01', 'Europe/Berlin') order by bad_line_ratio_estimated desc nulls last;
create function fax.quality(from_local timestamp, to_local timestamp, time_zone text default 'UTC')
returns table (
    peer text, transport text, error_correction_mode boolean,
    sessions bigint, pages bigint, measurable_pages bigint,
    error_free_page_rate numeric, bad_lines bigint, bad_line_ratio_estimated numeric, resent_pages bigint,
    seconds_per_page numeric, rate_falls bigint, rate_fall_rate numeric, cut_off_rate numeric,
    not_measurable_rate numeric, successes bigint, failures bigint, unknown_ends bigint
)
language sql stable parallel safe
begin atomic
    select
        coalesce(min(s.peer), s.peer_key), s.transport, s.error_correction_mode,
        count(*), sum(s.pages)::bigint, coalesce(sum(p.measurable_pages), 0)::bigint,
        round(sum(p.error_free_pages) / nullif(sum(p.measurable_pages), 0), 4),
        sum(p.bad_lines)::bigint,
        round(sum(p.bad_lines) / nullif(sum(p.lines_estimated), 0), 4),
        coalesce(sum(p.resent_pages), 0)::bigint,
        round(sum(p.seconds) / nullif(sum(p.timed_pages), 0), 2),
        sum(s.rate_falls)::bigint,
        round(count(*) filter (where s.rate_falls > 0)::numeric / nullif(count(*) filter (where s.negotiated), 0), 4),
        round(count(*) filter (where s.negotiated and s.result = 'failed')::numeric
              / nullif(count(*) filter (where s.negotiated and s.result <> 'unknown'), 0), 4),
        round(1 - coalesce(sum(p.measurable_pages), 0) / nullif(sum(s.pages), 0), 4),
        count(*) filter (where s.result = 'success'),
        count(*) filter (where s.result = 'failed'),
        count(*) filter (where s.result = 'unknown')
    from (
        select
            f.session_id, f.transport, f.error_correction_mode, f.pages, f.rate_falls, f.result,
            f.first_data_rate is not null as negotiated,
            f.peer, f.peer_key
        from fax.peer_sessions f
        where f.started_at >= from_local at time zone time_zone
          and f.started_at < to_local at time zone time_zone
    ) s
    -- the pages of all sessions at once, not those of each
    left join (
        select
            g.session_id,
            count(g.bad_lines) as measurable_pages,
            count(*) filter (where g.bad_lines = 0) as error_free_pages,
            sum(g.bad_lines) as bad_lines,
            sum(g.lines_estimated) filter (where g.bad_lines is not null) as lines_estimated,
            count(*) filter (where g.attempts > 1) as resent_pages,
            sum(g.seconds) as seconds,
            count(g.seconds) as timed_pages
        from fax.session_pages g
        where g.started_at >= from_local at time zone time_zone
          and g.started_at < to_local at time zone time_zone
        group by g.session_id
    ) p on p.session_id = s.session_id
    group by s.peer_key, s.transport, s.error_correction_mode;
end;
