-- grain: one change within one session, in order
-- example: select observed_at, changes, page_number, bad_lines_delta from fax.session_timeline where session_id = '…' order by observed_at;
-- A snapshot equal to the previous one is not a change. Of the channel variables, only FAXSTATUS appears, without the
-- FAILED that res_fax sets before a fax starts (res_fax.c, sendfax_exec).
create view fax.session_timeline as
select
    -- From fax.session, so that filters on them use its indexes.
    s.session_id,  -- The session.
    s.started_at,  -- First observation of the session.
    t.observed_at,  -- When the change was observed, by the observer's clock. It happened at most one poll earlier.
    t.seconds_since_change,  -- Seconds since the previous change. NULL for the first.
    t.event,  -- AMI event that shows the change, or Gone.
    t.changes,  -- Columns that changed: state, page_number, pages, bad_lines, data_rate, error_correction_mode, resolution, transport; listed for the first snapshot, event for anything but a snapshot.
    t.note,  -- Content of an event: FAXStatus text, the application that starts, pages of a completion event, FAXSTATUS, and the Uniqueid of the channel if it replaced that of the fax. NULL for a snapshot.
    t.state,  -- State as sent. NULL if not reported.
    t.page_number,  -- Current page: completed pages plus one. NULL if not reported.
    t.pages,  -- Completed pages so far. NULL if not reported.
    t.pages_delta,  -- Completed pages since the previous snapshot. NULL if not reported, or for the first.
    t.bad_lines,  -- TotalBadLines as sent: bad lines of the current page. NULL if not reported.
    t.bad_lines_delta,  -- Change of bad_lines since the previous snapshot; negative if the count restarted. NULL if not reported, or for the first.
    t.data_rate,  -- Measured rate, bit/s. NULL if not measured.
    t.error_correction_mode,  -- Whether ECM is in use. NULL if not measured.
    t.resolution,  -- standard, fine or superfine. NULL if not measured, or if another.
    t.transport,  -- G.711 or T.38, as sent. NULL if not reported.
    t.collector_id,  -- Collector that observed it.
    t.position  -- Position of its row in the history.
from fax.session s
cross join lateral (
    select
        c.session_id,
        c.started_at,
        c.observed_at,
        extract(epoch from c.observed_at - lag(c.observed_at) over in_order) as seconds_since_change,
        c.event,
        c.changes,
        c.note,
        c.state,
        c.page_number,
        c.pages,
        c.pages::bigint - case when c.is_snapshot then c.pages_before else c.pages_last_polled end as pages_delta,
        c.total_bad_lines as bad_lines,
        c.total_bad_lines::bigint - c.bad_lines_before as bad_lines_delta,
        c.data_rate,
        c.error_correction_mode,
        fax.resolution_name(c.y_resolution) as resolution,
        c.session_type as transport,
        c.collector_id,
        c.position
    from (
        select
            c.*,
            -- events belong to the snapshot before them: a completion event shows the pages that no poll observed
            case when c.snapshots_so_far > 0 then first_value(c.pages) over (
                partition by c.session_id, c.started_at, c.snapshots_so_far order by c.observed_at, c.position)
            end as pages_last_polled,
            case
                when not c.is_snapshot then array['event']
                when c.place = 1 then array['listed']
                else array_remove(array[
                    case when c.state is distinct from c.state_before then 'state' end,
                    case when c.page_number is distinct from c.page_number_before then 'page_number' end,
                    case when c.pages is distinct from c.pages_before then 'pages' end,
                    case when c.total_bad_lines is distinct from c.bad_lines_before then 'bad_lines' end,
                    case when c.data_rate is distinct from c.data_rate_before then 'data_rate' end,
                    case when c.error_correction_mode is distinct from c.error_correction_mode_before then 'error_correction_mode' end,
                    case when c.y_resolution is distinct from c.y_resolution_before then 'resolution' end,
                    case when c.session_type is distinct from c.session_type_before then 'transport' end
                ], null)
            end as changes
        from (
            select
                t.*,
                row_number() over before_it as place,
                count(*) filter (where t.is_snapshot) over (partition by t.session_id, t.started_at) as snapshots,
                count(*) filter (where t.is_snapshot) over (partition by t.session_id, t.started_at
                                                            order by t.observed_at, t.position) as snapshots_so_far,
                lag(t.state) over before_it as state_before,
                lag(t.page_number) over before_it as page_number_before,
                lag(t.pages) over before_it as pages_before,
                lag(t.total_bad_lines) over before_it as bad_lines_before,
                lag(t.data_rate) over before_it as data_rate_before,
                lag(t.error_correction_mode) over before_it as error_correction_mode_before,
                lag(t.y_resolution) over before_it as y_resolution_before,
                lag(t.session_type) over before_it as session_type_before
            from (
                select
                    r.*,
                    -- Only an event under another name than that of its fax has a Uniqueid here: a transfer replaced the channel.
                    case r.event
                        when 'FAXStatus' then r.details ->> 'Status'
                        when 'VarSet' then 'FAXSTATUS=' || (r.details ->> 'Value')
                        when 'Gone' then 'no longer listed'
                        when 'Newexten' then coalesce(r.details ->> 'Application', 'a fax application')
                            || case when r.details ->> 'Uniqueid' is null then ' begins' else ' goes on' end
                        when 'Hangup' then 'the channel hangs up, the fax goes on'
                        when 'Status' then 'channel status'
                        when 'DialBegin' then 'the channel is dialled'  -- fax.sessions has the number, which is personal
                        when 'SendFAX' then 'completion event, pages ' || coalesce(r.pages::text, 'unknown')
                        when 'ReceiveFAX' then 'completion event, pages ' || coalesce(r.pages::text, 'unknown')
                    end || coalesce(', Uniqueid ' || case when r.event <> 'DialBegin' then nullif(r.details ->> 'Uniqueid', '') end, '') as note
                from fax.session_rows r
                where r.session_id = s.session_id
                  and r.started_at = s.started_at
                  and (r.event <> 'VarSet' or (r.details ->> 'Variable' = 'FAXSTATUS' and r.details ->> 'Value' <> ''))
            ) t
            window before_it as (partition by t.session_id, t.started_at, t.is_snapshot order by t.observed_at, t.position)
        ) c
    ) c
    where cardinality(c.changes) > 0
      and (c.event <> 'VarSet' or c.snapshots_so_far > 0 or c.snapshots = 0)
    window in_order as (partition by c.session_id, c.started_at order by c.observed_at, c.position)
) t;

comment on view fax.session_timeline is 'One change within one session, in order of time: what changed, and by how much.';
