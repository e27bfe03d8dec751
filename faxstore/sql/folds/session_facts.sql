-- grain: one fax session: what its rows show together
-- example: select pages, status from fax.session_facts where session_id = '…';
-- Driven from fax.session, so a query costs what its answer contains: filters on session_id, server or started_at use
-- the indexes of fax.session, and only the partitions of the sessions found are opened.
create view fax.session_facts as
select
    s.session_id,
    s.started_at,
    s.epoch_id,
    s.server,
    s.session_number,
    s.is_fax,
    s.channel,
    s.technology,
    f.operation,
    f.uniqueid,
    f.state,
    f.transport,
    f.file_names,
    f.snapshots,
    f.pages_observed,
    f.pages,
    f.first_snapshot_at,
    f.last_snapshot_at,
    f.completed_at,
    f.gone_at,
    f.last_row_at,
    f.last_shown_at,
    l.began_at as next_life_at,  -- Start of the next life of its server. NULL if none, if a completion event or a list shows the end, or if it was never listed.
    f.error_correction_mode,
    f.first_data_rate,
    f.last_data_rate,
    f.lowest_data_rate,
    f.rate_falls,
    f.x_resolution,
    f.y_resolution,
    f.bad_lines_measurable,
    f.bad_lines_counted_by,
    f.completed,
    f.start_observed,
    f.call,
    f.dial,
    f.dialled_number,
    f.status,
    f.error,
    f.status_text,
    f.local_station_id,
    f.remote_station_id,
    f.first_position,
    f.last_position,
    f.observed_pages
from fax.session s
-- offset 0: folds the sessions found, one by one, not all of them before they are joined
cross join lateral (select o.* from fax.session_fold o where o.session_id = s.session_id and o.started_at = s.started_at offset 0) f
-- the next life of its server, if nothing else shows an end
left join lateral fax.next_life(s.epoch_id) l
    on not f.completed and f.gone_at is null and not (s.session_number is null and f.snapshots = 0);

select fax.copy_comments('session_fold', 'session_facts');

comment on view fax.session_facts is 'One fax session as its rows show it: counts, measurements and times. The base of fax.sessions, which adds names and evidence.';
