-- grain: one fax session: what its rows show together
-- example: select pages, status from fax.session_facts where session_id = '…';
-- A session that has been quiet for a while has a total (fax.session_total). The others (fax.session_untotalled) are few
-- and are folded here, one by one, so that a query opens only the partitions of the sessions that it finds. Conditions on
-- session_id, started_at and server reach the indexes of both tables.
-- The second branch is sorted, so that the latest sessions are read from the ends of both.
-- To find given sessions from another table, use a subquery with their session_id and `offset 0` (LATERAL): through a
-- join, PostgreSQL would fold every session of the second branch.
create view fax.session_facts as
select
    t.session_id,
    t.started_at,
    t.epoch_id,
    t.server,
    t.session_number,
    t.is_fax,
    t.channel,
    t.technology,
    t.operation,
    t.uniqueid,
    t.state,
    t.transport,
    t.file_names,
    t.snapshots::bigint as snapshots,
    t.pages_observed,
    t.pages,
    t.first_snapshot_at,
    t.last_snapshot_at,
    t.completed_at,
    t.gone_at,
    t.last_row_at,
    t.last_shown_at,
    case when t.completed_at is null and t.gone_at is null and not (t.session_number is null and t.snapshots = 0)
         then (select min(l.began_at) from fax.later_lives l where l.epoch_id = t.epoch_id) end as next_life_at,  -- Start of the next life of its server. NULL if none, if a completion event or a list shows the end, or if it was never listed.
    t.error_correction_mode,
    t.first_data_rate,
    t.last_data_rate,
    t.lowest_data_rate,
    case when t.lowest_data_rate is not null then coalesce(array_length(t.observed_falls, 1), 0)::bigint end as rate_falls,
    t.x_resolution,
    t.y_resolution,
    t.bad_lines_measurable,
    case when t.counts_by_session then 'session' else 'page' end as bad_lines_counted_by,
    t.completed_at is not null as completed,
    t.start_observed,
    t.linkedid,
    t.account_code,
    t.caller_number,
    t.called_number,
    t.status,
    t.error,
    t.status_text,
    t.local_station_id,
    t.remote_station_id,
    t.first_position,
    t.last_position,
    t.bad_lines,
    t.bad_lines_discarded,
    t.worst_page_bad_lines,
    coalesce(t.measurable_pages, 0) as measurable_pages,
    coalesce(t.error_free_pages, t.measurable_pages, 0) as error_free_pages,
    coalesce(t.lines_estimated, t.measurable_pages * coalesce(round(fax.page_lines(t.y_resolution)), 0)::bigint, 0) as lines_estimated,
    coalesce(t.resent_pages, 0) as resent_pages,
    case when t.page_seconds is null then 0 else coalesce(t.timed_pages, t.pages) end as timed_pages,
    t.page_seconds,
    -- After its last page, a session without another end was polled until the next life of its server.
    case when not t.bad_lines_measurable or t.completed_at is not null or t.gone_at is not null then t.poll_gap_seconds
         else fax.widest_poll_gap(
             fax.pages_of_total(t.page_moments, t.page_numbers, t.page_attempts, t.page_bad_lines, t.page_discarded,
                                t.page_data_rates, t.page_y_resolutions, t.last_data_rate, t.y_resolution),
             t.pages, (select min(l.began_at) from fax.later_lives l where l.epoch_id = t.epoch_id)) end as poll_gap_seconds,  -- Widest gap between polls at one of its pages (fax.widest_poll_gap), seconds. NULL if not measurable, or no poll observed a page.
    case when not t.bad_lines_measurable or t.completed_at is not null or t.gone_at is not null then t.bad_lines_lower_bound
         else fax.may_miss_bad_lines(
             fax.pages_of_total(t.page_moments, t.page_numbers, t.page_attempts, t.page_bad_lines, t.page_discarded,
                                t.page_data_rates, t.page_y_resolutions, t.last_data_rate, t.y_resolution),
             t.pages, (select min(l.began_at) from fax.later_lives l where l.epoch_id = t.epoch_id)) end as bad_lines_lower_bound,  -- Whether there may be more bad lines (fax.may_miss_bad_lines). NULL if not measurable, or if the number of pages is unknown.
    fax.pages_of_total(t.page_moments, t.page_numbers, t.page_attempts, t.page_bad_lines, t.page_discarded,
                       t.page_data_rates, t.page_y_resolutions, t.last_data_rate, t.y_resolution) as observed_pages,
    t.observed_falls
from fax.session_total t
union all
(select
    u.session_id,
    u.started_at,
    f.epoch_id,
    u.server,
    f.session_number,
    f.is_fax,
    f.channel,
    f.technology,
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
    l.began_at as next_life_at,
    f.error_correction_mode,
    f.first_data_rate,
    f.last_data_rate,
    f.lowest_data_rate,
    f.rate_falls::bigint as rate_falls,
    f.x_resolution,
    f.y_resolution,
    f.bad_lines_measurable,
    f.bad_lines_counted_by,
    f.completed,
    f.start_observed,
    f.linkedid,
    f.account_code,
    f.caller_number,
    f.called_number,
    f.status,
    f.error,
    f.status_text,
    f.local_station_id,
    f.remote_station_id,
    f.first_position,
    f.last_position,
    f.bad_lines,
    f.bad_lines_discarded,
    f.worst_page_bad_lines,
    f.measurable_pages,
    f.error_free_pages,
    f.lines_estimated,
    f.resent_pages,
    f.timed_pages,
    f.page_seconds,
    case when l.began_at is null or not f.bad_lines_measurable then f.poll_gap_seconds
         else fax.widest_poll_gap(f.observed_pages, f.pages, l.began_at) end as poll_gap_seconds,
    case when l.began_at is null or not f.bad_lines_measurable then f.bad_lines_lower_bound
         else fax.may_miss_bad_lines(f.observed_pages, f.pages, l.began_at) end as bad_lines_lower_bound,
    f.observed_pages,
    f.observed_falls
from (select i.session_id, i.started_at, i.server from fax.session_untotalled i order by i.started_at desc) u
-- offset 0: folds the sessions found, one by one, not all of them before they are joined
cross join lateral (
    select o.* from fax.session_fold o where o.session_id = u.session_id and o.started_at = u.started_at offset 0
) f
-- the next life of its server, if nothing else shows an end
cross join lateral (
    select min(n.began_at) as began_at
    from fax.later_lives n
    where n.epoch_id = f.epoch_id
      and not f.completed and f.gone_at is null and not (f.session_number is null and f.snapshots = 0)
) l
order by u.started_at desc);

select fax.copy_comments('session_fold', 'session_facts');

comment on view fax.session_facts is 'One fax session as its rows show it: counts, measurements and times. The base of fax.sessions, which adds names and evidence.';
