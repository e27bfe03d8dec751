-- grain: one fax session
-- example: select server, session_number, direction, pages, bad_lines, result from fax.sessions where started_at >= '2026-11-01';
-- A fax that was never listed (too short, or failed before Asterisk created a session) is known from its events.
-- A call whose dialplan set fax variables without a fax is no session (fax.session.is_fax).
create view fax.sessions as
select
    f.session_id,  -- Identity of the session, the same wherever its recording is imported.
    f.server,  -- Name of the server in the settings.
    f.epoch_id,  -- Epoch (fax.epoch) in which session_number counts: numbers restart at 0 with each start of the server.
    f.session_number,  -- SessionNumber of Asterisk. NULL if the fax is known only from its events.
    f.operation,  -- Operation as sent: send, receive, gateway, V.21. NULL if not reported.
    fax.direction(f.operation) as direction,  -- sent, received, gateway, or detector (V.21: listens for a fax tone, is not a fax). NULL if none of these.
    f.channel,  -- Channel name, the first one if a transfer replaced it (personal: may contain a number). NULL if not reported.
    f.uniqueid,  -- Uniqueid of the channel, from its events or its Status. NULL if not reported.
    f.linkedid,  -- Linkedid of the call, from its events or its Status. NULL if not reported.
    f.account_code,  -- Account code of the channel, from its events or its Status. NULL if none or not reported.
    f.caller_number,  -- CallerIDNum of the channel; if the channel was dialled, the number of who dialled it (DestConnectedLineNum); as sent (personal). NULL if unknown.
    f.called_number,  -- Of a received fax, the dialled number (DNID of its Status), else the called extension if it is none of Asterisk's own (s, fax ...). Of others, the dialled number (DialString of DialBegin, or name of its Local channel), else ConnectedLineNum if it differs from CallerIDNum. As sent (personal). NULL if unknown.
    f.local_station_id,  -- Station id of this end (personal). NULL if none or not reported.
    f.remote_station_id,  -- Station id that the other end chose (personal). NULL if none or not reported.
    f.transport,  -- G.711 or T.38, the last one used. NULL if not reported (gateway, detector).
    f.file_names,  -- Files sent or received; of a fax that never became a session, the files given to its application (personal). NULL if not reported.
    f.started_at,  -- First observation, by the observer's clock. The fax started at most one poll earlier; if only its end was observed, at an unknown time after started_not_before.
    f.ended_at,  -- By end_observed_by: time of the completion event; first complete list without the session; last observation before the server restart; last sign of the fax if it was never listed and has no completion event. NULL if open.
    case when f.start_observed and f.ended_at >= f.started_at then extract(epoch from f.ended_at - f.started_at) end as duration_seconds,  -- Seconds from started_at to ended_at. NULL if open, if only its end was observed, or if the observer's clock was set back meanwhile.
    f.end_observed_by,  -- How the end is known: completion (SendFAX or ReceiveFAX), gone (absent from a complete list, or never listed), server_restart, or open.
    f.state,  -- Last observed state, as sent. NULL if never listed.
    f.pages,  -- Pages: the count of the completion event, else the highest observed; of a gateway PageNumber - 1. NULL if not reported.
    f.pages_observed,  -- Highest number of pages that a poll observed. NULL if not reported.
    f.bad_lines,  -- Bad lines on accepted pages: the last observed value of the last attempt at each page; a lower bound if bad_lines_lower_bound. NULL if not measurable (sender, ECM, gateway, never negotiated), or if no poll reported them for any of its pages.
    f.bad_lines_discarded,  -- Bad lines of attempts that were sent again. NULL if not measurable, if no poll reported bad lines, or if the technology counts per session.
    f.bad_lines_measurable,  -- Whether the fax was received without ECM; only such receivers count bad lines.
    f.worst_page_bad_lines,  -- Bad lines on the worst accepted page. NULL if bad_lines is.
    f.error_correction_mode,  -- Whether ECM is in use after negotiation. NULL if never negotiated or not reported.
    f.first_data_rate,  -- First measured rate, bit/s. NULL if never negotiated.
    f.last_data_rate,  -- Last rate, bit/s. NULL if not reported.
    f.lowest_data_rate,  -- Lowest measured rate, bit/s. NULL if never negotiated.
    f.rate_falls,  -- How often the measured rate fell, by the observer that saw the most falls. The default before negotiation does not count. NULL if no poll measured it.
    f.x_resolution,  -- Last measured horizontal resolution, pixels per metre. NULL if not reported.
    f.y_resolution,  -- Last measured vertical resolution, pixels per metre. NULL if not reported.
    fax.resolution_name(f.y_resolution) as resolution,  -- standard, fine or superfine. NULL if not reported, or if another.
    fax.result(f.status, f.error) as result,  -- success or failed, by FAXSTATUS as res_fax set it (NATIVE_T38, no gateway necessary, is a success); unknown if it was not on the wire.
    fax.result_class(f.status, f.error, f.status_text) as result_class,  -- Class of the result as in Asterisk's fax show stats. NULL if the result is unknown.
    coalesce(f.status_text, f.error) as result_text,  -- FAXSTATUSSTRING, else FAXERROR. NULL if not reported.
    f.snapshots,  -- Snapshots by polls; 0 if the fax is known only from its events.
    f.first_position,  -- First position of its rows in the history.
    f.last_position,  -- Last position of its rows in the history.
    case when f.end_observed_by <> 'open' then least(coalesce(f.last_snapshot_at, f.last_row_at), f.ended_not_after) end as ended_not_before,  -- Lower bound of its end: its last snapshot, else its last row. NULL if open.
    f.ended_not_after,  -- Upper bound of its end: its completion event, the first complete list without it, or the start of the server's next life. NULL if open.
    f.poll_gap_seconds,  -- Seconds from the last poll during a page to the next poll, the widest of its pages. NULL if bad lines are not measurable, or no poll observed a page.
    f.bad_lines_lower_bound,  -- Whether there may be more bad lines: a page was in no poll, or poll_gap_seconds exceeds 0.85, the shortest pause between the last line of a page and the next page (T.30, preamble). NULL if not measurable, or if the number of pages is unknown.
    coalesce((
        select not d.covered @> tstzrange(f.since, f.until, '[]')
        from fax.coverage_day d
        where d.server = f.server and d.day = (f.since at time zone 'UTC')::date and f.since <= f.until and f.until <= d.until
    ), fax.has_gap(f.server, f.since, f.until)) as overlaps_gap,  -- Whether an interval without a good poll (fax.coverage_gaps) overlaps the session or the second before its first snapshot, so that its start may have been missed.
    case when f.operation = 'V.21' then coalesce((
        select k.fax_session_id from fax.erased_key k where k.session_id = f.session_id
    ), fax.fax_of_detector(f.epoch_id, f.session_number, f.channel, f.uniqueid, coalesce(f.ended_at, f.last_row_at))) end as fax_session_id,  -- Of a detector, the session of the fax that its channel then carried, for example a gateway's. NULL if none, or not a detector.
    f.error as result_error,  -- FAXERROR; HANGUP can accompany a success. NULL if none or not reported.
    case when not f.start_observed then fax.last_list_before(f.server, f.ended_at) end as started_not_before  -- Lower bound of its start if only its end was observed: the last recorded complete list without it, at least 15 s before its end. NULL if its start was observed, if there is no such list, or if a gap follows it.
-- one subquery inside of another instead of LATERAL: a distributed database accepts no join of fax.session_facts that
-- does not compare session_id
from (
    select
        e.*,
        -- the time that must be covered
        least(e.started_at, e.first_snapshot_at - interval '1 second') as since,
        coalesce(e.ended_not_after, now()) as until
    from (
        select
            f.*,
            case
                when f.completed then 'completion'
                when f.gone_at is not null then 'gone'
                when f.session_number is null and f.snapshots = 0 then 'gone'
                when f.next_life_at is not null then 'server_restart'
                else 'open'
            end as end_observed_by,
            case
                when f.completed then f.completed_at
                when f.gone_at is not null then f.gone_at
                when f.session_number is null and f.snapshots = 0 then f.last_shown_at
                when f.next_life_at is not null then f.last_row_at
            end as ended_at,
            case
                when f.completed then f.completed_at
                when f.gone_at is not null then f.gone_at
                when f.session_number is null and f.snapshots = 0 then f.last_shown_at
                else f.next_life_at
            end as ended_not_after
        from fax.session_facts f
    ) e
) f
where fax.is_shown(f.is_fax, f.session_number, f.snapshots, f.completed);

comment on view fax.sessions is 'One fax session: parties, times, pages, bad lines, result, and the evidence for them.';
