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
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select
        -- the peers of one key differ only if it is a pseudonym
        coalesce(min(s.peer) filter (where s.peer <> s.peer_key), s.peer_key), s.transport, s.error_correction_mode,
        count(*), sum(s.pages)::bigint, sum(s.measurable_pages)::bigint,
        round(sum(s.error_free_pages)::numeric / nullif(sum(s.measurable_pages), 0), 4),
        sum(s.bad_lines)::bigint,
        round(sum(s.bad_lines) / nullif(sum(s.lines_estimated), 0), 4),
        sum(s.resent_pages)::bigint,
        round(sum(s.page_seconds) / nullif(sum(s.timed_pages), 0), 2),
        sum(s.rate_falls)::bigint,
        round(count(*) filter (where s.rate_falls > 0)::numeric / nullif(count(*) filter (where s.first_data_rate is not null), 0), 4),
        round(count(*) filter (where s.first_data_rate is not null and s.result = 'failed')::numeric
              / nullif(count(*) filter (where s.first_data_rate is not null and s.result <> 'unknown'), 0), 4),
        round(1 - sum(s.measurable_pages)::numeric / nullif(sum(s.pages), 0), 4),
        count(*) filter (where s.result = 'success'),
        count(*) filter (where s.result = 'failed'),
        count(*) filter (where s.result = 'unknown')
    from fax.peer_sessions s
    where s.started_at >= from_local at time zone time_zone
      and s.started_at < to_local at time zone time_zone
    group by s.peer_key, s.transport, s.error_correction_mode;
end
$$;
