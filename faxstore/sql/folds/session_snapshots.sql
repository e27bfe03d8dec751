-- grain: the snapshots of one session
-- example: select moments, page_numbers from fax.session_snapshots where session_id = '…' and started_at = '…';
-- Arrays have one element per snapshot, the latest first. One pass over the rows groups all sessions of a query; what
-- depends on the order of the snapshots is computed from the arrays, session by session, without reading rows again.
create view fax.session_snapshots as
select
    r.session_id,  -- The session.
    r.started_at,  -- First observation of the session.
    count(*) as snapshots,  -- Snapshots by polls.
    min(r.observed_at) as first_at,  -- First snapshot.
    max(r.observed_at) as last_at,  -- Last snapshot.
    min(r.observed_at) filter (where r.observed_at >= r.started_at) as ran_at,  -- First snapshot from started_at on. NULL if none.
    min(r.position) as first_position,  -- Their first position in the history.
    max(r.position) as last_position,  -- Their last position in the history.
    max(r.pages) as pages,  -- Highest number of pages. NULL if not reported.
    min(r.data_rate) as lowest_data_rate,  -- Lowest measured rate, bit/s. NULL if never negotiated.
    array_agg(r.observed_at order by r.observed_at desc) as moments,  -- Times of the snapshots.
    array_agg(r.position order by r.observed_at desc) as positions,  -- Their positions in the history.
    array_agg(r.collector_id order by r.observed_at desc) as observers,  -- Their collectors.
    array_agg(r.operation order by r.observed_at desc) as operations,  -- Operation of each, as sent.
    array_agg(r.state order by r.observed_at desc) as states,  -- State of each, as sent.
    array_agg(r.session_type order by r.observed_at desc) as session_types,  -- Transport of each, as sent.
    array_agg(r.page_number order by r.observed_at desc) as page_numbers,  -- PageNumber of each, as sent.
    array_agg(r.total_bad_lines order by r.observed_at desc) as bad_lines,  -- TotalBadLines of each, as sent.
    array_agg(r.measured order by r.observed_at desc) as measured,  -- Whether negotiation was complete at each.
    array_agg(r.data_rate order by r.observed_at desc) as data_rates,  -- Measured rate of each, bit/s.
    array_agg(r.error_correction_mode order by r.observed_at desc) as error_correction_modes,  -- Measured ECM of each.
    array_agg(r.x_resolution order by r.observed_at desc) as x_resolutions,  -- Measured horizontal resolution of each, pixels per metre.
    array_agg(r.y_resolution order by r.observed_at desc) as y_resolutions,  -- Measured vertical resolution of each, pixels per metre.
    array_agg(r.file_name order by r.observed_at desc) as file_names  -- File of each (personal).
from fax.session_rows r
where r.is_snapshot
group by r.session_id, r.started_at;

comment on view fax.session_snapshots is 'The snapshots of one session as arrays, the latest first. A base of fax.session_facts.';
