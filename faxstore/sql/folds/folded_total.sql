-- grain: one session: the row that fax.session_total should have
-- example: select * from fax.folded_total where session_id = '…' and started_at = '…';
-- fax.write_totals() stores these rows, and `faxstore verify` compares the stored ones with them.
create view fax.folded_total as
select
    f.session_id,
    f.epoch_id,
    f.started_at,
    f.session_number,
    f.first_snapshot_at,
    f.last_snapshot_at,
    f.completed_at,
    f.gone_at,
    f.last_row_at,
    f.last_shown_at,
    f.first_position,
    f.last_position,
    f.bad_lines,
    f.bad_lines_discarded,
    nullif(f.lines_estimated, f.measurable_pages * coalesce(round(fax.page_lines(f.y_resolution)), 0)::bigint) as lines_estimated,
    f.snapshots::integer as snapshots,
    f.pages,
    f.pages_observed,
    f.worst_page_bad_lines,
    case when f.bad_lines_measurable then f.measurable_pages end as measurable_pages,
    nullif(f.error_free_pages, f.measurable_pages) as error_free_pages,
    nullif(f.resent_pages, 0) as resent_pages,
    case when f.timed_pages > 0 then nullif(f.timed_pages, f.pages) end as timed_pages,
    f.first_data_rate,
    f.last_data_rate,
    f.lowest_data_rate,
    f.x_resolution,
    f.y_resolution,
    f.is_fax,
    f.error_correction_mode,
    f.bad_lines_measurable,
    f.bad_lines_lower_bound,
    f.bad_lines_counted_by = 'session' as counts_by_session,
    f.start_observed,
    f.server,
    f.channel,
    f.technology,
    f.operation,
    f.uniqueid,
    f.state,
    f.transport,
    f.linkedid,
    f.account_code,
    f.caller_number,
    f.called_number,
    f.status,
    f.error,
    f.status_text,
    f.local_station_id,
    f.remote_station_id,
    f.poll_gap_seconds,
    f.page_seconds,
    f.file_names,
    f.observed_falls,
    p.moments as page_moments,
    p.numbers as page_numbers,
    p.attempts as page_attempts,
    p.bad_lines as page_bad_lines,
    p.discarded as page_discarded,
    p.data_rates as page_data_rates,
    p.y_resolutions as page_y_resolutions
from fax.session_fold f
-- the inverse of fax.pages_of_total()
cross join lateral (
    select
        array_agg(array[
            o.first_seen_at,
            o.last_seen_at,
            case when o.first_measured_at is distinct from o.first_seen_at then coalesce(o.first_measured_at, 'infinity') end
        ] order by o.page) as moments,
        case when min(o.page) <> 1 or max(o.page) <> count(*) then array_agg(o.page order by o.page) end as numbers,
        case when bool_or(o.attempts <> 1) then array_agg(o.attempts::integer order by o.page) end as attempts,
        case when bool_or(o.bad_lines is distinct from 0) then array_agg(o.bad_lines order by o.page) end as bad_lines,
        case when bool_or(o.bad_lines_discarded is distinct from 0)
             then array_agg(o.bad_lines_discarded order by o.page) end as discarded,
        case when bool_or(o.data_rate is distinct from f.last_data_rate) then array_agg(o.data_rate order by o.page) end as data_rates,
        case when bool_or(o.y_resolution is distinct from f.y_resolution)
             then array_agg(o.y_resolution order by o.page) end as y_resolutions
    from unnest(f.observed_pages) o
) p;

select fax.copy_comments('session_total', 'folded_total');

comment on view fax.folded_total is 'The row that fax.session_total should have of a session, computed from its rows.';
