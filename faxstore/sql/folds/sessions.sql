-- grain: one fax session
-- example: select server, session_number, direction, pages, bad_lines, result from fax.sessions where started_at >= '2026-11-01';
-- A fax that no list showed (too short, or failed before Asterisk made a session of it) is here by its events; channel
-- variables of the same names that someone else set are no fax.
create view fax.sessions as
select
    f.session_id,
    f.server,
    f.epoch_id,
    f.session_number,
    f.operation,
    case f.operation when 'send' then 'sent' when 'receive' then 'received' when 'gateway' then 'gateway' when 'V.21' then 'detector' end as direction,
    f.channel,
    f.uniqueid,
    nullif(f.call ->> 'Linkedid', '') as linkedid,
    nullif(f.call ->> 'AccountCode', '') as account_code,
    nullif(nullif(f.call ->> 'CallerIDNum', ''), '<unknown>') as caller_number,
    case f.operation
        when 'receive' then coalesce(f.dialled_number, nullif(f.call ->> 'Exten', ''))
        else nullif(nullif(f.call ->> 'ConnectedLineNum', ''), '<unknown>')
    end as called_number,
    f.local_station_id,
    f.remote_station_id,
    f.transport,
    f.file_names,
    f.started_at,
    e.ended_at,
    case when e.ended_at >= f.started_at then extract(epoch from e.ended_at - f.started_at) end as duration_seconds,
    e.end_observed_by,
    f.state,
    f.pages,
    f.pages_observed,
    case when f.bad_lines_measurable then coalesce(b.bad_lines, 0) end as bad_lines,
    case when f.bad_lines_measurable and f.bad_lines_counted_by = 'page' then coalesce(b.bad_lines_discarded, 0) end as bad_lines_discarded,
    f.bad_lines_measurable,
    case when f.bad_lines_measurable then coalesce(b.worst_page_bad_lines, 0) end as worst_page_bad_lines,
    f.error_correction_mode,
    f.first_data_rate,
    f.last_data_rate,
    f.lowest_data_rate,
    f.rate_falls,
    f.x_resolution,
    f.y_resolution,
    fax.resolution_name(f.y_resolution) as resolution,
    case
        when f.error = 'NATIVE_T38' or f.status = 'SUCCESS' then 'success'
        when f.status = 'FAILED' then 'failed'
        else 'unknown'
    end as result,
    fax.result_class(f.status, f.error, f.status_text) as result_class,
    coalesce(f.status_text, f.error) as result_text,
    f.snapshots,
    f.first_position,
    f.last_position,
    case when e.end_observed_by <> 'open' then least(coalesce(f.last_snapshot_at, f.last_row_at), e.ended_not_after) end as ended_not_before,
    e.ended_not_after,
    case when f.bad_lines_measurable then b.poll_gap_seconds end as poll_gap_seconds,
    case when f.bad_lines_measurable then coalesce(b.poll_gap_seconds > 0.85 or b.pages_bounded < f.pages, f.pages > 0, false) end as bad_lines_lower_bound,
    exists (
        select 1 from fax.gaps(
            f.server, least(f.started_at, f.first_snapshot_at - interval '1 second'), coalesce(e.ended_not_after, now()))
    ) as overlaps_gap,
    case when f.operation = 'V.21' then (
        select g.session_id
        from fax.session g
        where g.epoch_id = f.epoch_id and left(g.channel, 100) = left(f.channel, 100) and g.channel = f.channel
          and g.operation <> 'V.21'
          and g.session_number > f.session_number
          and g.started_at <= coalesce(e.ended_at, f.last_row_at) + interval '1 minute'
          and coalesce(g.uniqueid = f.uniqueid, true)
        order by g.session_number
        limit 1
    ) end as fax_session_id,
    f.error as result_error
from fax.session_facts f
cross join lateral (
    select
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
            when f.next_life_at is not null or (f.session_number is null and f.snapshots = 0) then f.last_row_at
        end as ended_at,
        case
            when f.completed then f.completed_at
            when f.gone_at is not null then f.gone_at
            when f.session_number is null and f.snapshots = 0 then f.last_row_at
            else f.next_life_at
        end as ended_not_after
) e
left join lateral (
    select
        sum(p.bad_lines)::bigint as bad_lines,
        sum(p.bad_lines_discarded)::bigint as bad_lines_discarded,
        max(p.bad_lines) as worst_page_bad_lines,
        count(p.poll_gap_seconds) as pages_bounded,
        max(p.poll_gap_seconds) as poll_gap_seconds
    from (
        select
            g.page,
            g.bad_lines,
            g.bad_lines_discarded,
            case when coalesce(g.next_seen_at, e.ended_not_after) >= g.last_seen_at
                 then extract(epoch from coalesce(g.next_seen_at, e.ended_not_after) - g.last_seen_at) end as poll_gap_seconds
        from (
            select
                a.page,
                max(a.bad_lines) filter (where a.kept) as bad_lines,
                sum(a.bad_lines) filter (where not a.kept) as bad_lines_discarded,
                max(a.last_seen_at) as last_seen_at,
                min(min(a.first_seen_at)) over (order by a.page rows between 1 following and unbounded following) as next_seen_at
            from fax.page_attempts a
            where a.session_id = f.session_id and a.started_at = f.started_at
            group by a.page
        ) g
    ) p
    where p.page between 1 and f.pages
) b on f.bad_lines_measurable
where f.snapshots > 0 or f.completed or f.attempted;

comment on view fax.sessions is 'One fax session: who, when, how many pages, how many bad lines, how it ended, and the evidence for it.';
comment on column fax.sessions.session_id is 'Identity of the session, the same wherever its recording is imported.';
comment on column fax.sessions.server is 'Name of the server in the settings.';
comment on column fax.sessions.epoch_id is 'The epoch (fax.epoch) in which session_number counts: numbers begin at 0 again with each start of the server.';
comment on column fax.sessions.session_number is 'SessionNumber of Asterisk. NULL: never listed, known only from its events.';
comment on column fax.sessions.operation is 'Operation as sent: send, receive, gateway, V.21. NULL: not told.';
comment on column fax.sessions.direction is 'sent, received, gateway, or detector (V.21: listens for a fax tone, is no fax). NULL: none of these.';
comment on column fax.sessions.channel is 'Channel (personal: may hold a number). NULL: not told.';
comment on column fax.sessions.uniqueid is 'Uniqueid of the channel, by its events or its Status. NULL: not told.';
comment on column fax.sessions.linkedid is 'Linkedid of the call, by its events or its Status. NULL: not told.';
comment on column fax.sessions.account_code is 'Account code of the channel, by its events or its Status. NULL: none, or not told.';
comment on column fax.sessions.caller_number is 'CallerIDNum of the channel, as sent (personal). NULL: unknown.';
comment on column fax.sessions.called_number is 'Received: the number that was dialled (DNID of its Status), else the extension that was called; other directions: ConnectedLineNum; as sent (personal). NULL: unknown.';
comment on column fax.sessions.local_station_id is 'Station id of this end (personal). NULL: none, or not told.';
comment on column fax.sessions.remote_station_id is 'Station id of the other end, its own choice (personal). NULL: none, or not told.';
comment on column fax.sessions.transport is 'G.711 or T.38, the last one used. NULL: not told (gateway, detector).';
comment on column fax.sessions.file_names is 'Files sent or received, or of a fax that never was a session those that its application was called with (personal). NULL: not told.';
comment on column fax.sessions.started_at is 'First observation, by the observer''s clock; the fax began at most one poll earlier.';
comment on column fax.sessions.ended_at is 'Completion: when its event came. Gone: the first complete list without it. Server restart: the last observation before it. Never listed and no completion event: the last row. NULL: open.';
comment on column fax.sessions.duration_seconds is 'Seconds from started_at to ended_at. NULL: open, or the observer''s clock was set back meanwhile.';
comment on column fax.sessions.end_observed_by is 'How the end is known: completion (SendFAX or ReceiveFAX), gone (absent from a complete list, or never in one), server_restart, or open.';
comment on column fax.sessions.state is 'Last state seen, as sent. NULL: never listed.';
comment on column fax.sessions.pages is 'Pages: the count of the completion event, else the highest seen; a gateway''s PageNumber less one. NULL: not told.';
comment on column fax.sessions.pages_observed is 'Highest count of pages that a poll saw. NULL: not told.';
comment on column fax.sessions.bad_lines is 'Bad lines in the pages kept: the last value seen of each page''s last attempt. NULL: not measurable (sender, ECM, gateway, never negotiated). A lower bound where bad_lines_lower_bound says so.';
comment on column fax.sessions.bad_lines_discarded is 'Bad lines of attempts that were sent again. NULL: not measurable, or the technology counts by session.';
comment on column fax.sessions.bad_lines_measurable is 'A receiver without ECM: the only one that counts bad lines.';
comment on column fax.sessions.worst_page_bad_lines is 'Bad lines of the worst page kept. NULL: not measurable.';
comment on column fax.sessions.error_correction_mode is 'ECM in use, once negotiated. NULL: never negotiated, or not told.';
comment on column fax.sessions.first_data_rate is 'First measured rate, bit/s. NULL: never negotiated.';
comment on column fax.sessions.last_data_rate is 'Last rate, bit/s. NULL: not told.';
comment on column fax.sessions.lowest_data_rate is 'Lowest measured rate, bit/s. NULL: never negotiated.';
comment on column fax.sessions.rate_falls is 'How often the measured rate fell, by the observer who saw it fall most; the default before negotiation is no measurement.';
comment on column fax.sessions.x_resolution is 'Pixels per metre across, last measured. NULL: not told.';
comment on column fax.sessions.y_resolution is 'Pixels per metre down, last measured. NULL: not told.';
comment on column fax.sessions.resolution is 'standard, fine or superfine. NULL: not told, or another.';
comment on column fax.sessions.result is 'success or failed, by FAXSTATUS (NATIVE_T38, no gateway was necessary, is a success); unknown where it was not on the wire.';
comment on column fax.sessions.result_class is 'Class of the result as in Asterisk''s fax show stats. NULL: result unknown.';
comment on column fax.sessions.result_text is 'FAXSTATUSSTRING, else FAXERROR. NULL: not told.';
comment on column fax.sessions.snapshots is 'Snapshots that polls took of it; 0: known only from its events.';
comment on column fax.sessions.first_position is 'First position of its rows in the history.';
comment on column fax.sessions.last_position is 'Last position of its rows in the history.';
comment on column fax.sessions.ended_not_before is 'It ended at or after this moment: the last snapshot of it, else its last row. NULL: open.';
comment on column fax.sessions.ended_not_after is 'It ended at or before this moment: its completion event, the first complete list without it, or the start of the server''s next life. NULL: open.';
comment on column fax.sessions.poll_gap_seconds is 'Seconds between the last poll that saw a page in hand and the next one, the widest of its pages. NULL: bad lines are not measurable, or no poll saw a page.';
comment on column fax.sessions.bad_lines_lower_bound is 'Bad lines may be more: a page was in no poll, or poll_gap_seconds is above 0.85, the shortest pause between the last line of a page and the next page (T.30, preamble). NULL: not measurable.';
comment on column fax.sessions.overlaps_gap is 'An interval without a good poll (fax.coverage_gaps) lies in its time, or in the second before its first snapshot: then it may have begun unseen.';
comment on column fax.sessions.fax_session_id is 'Of a detector: the session of the fax that its channel then carried, a gateway''s say. NULL: none, or not a detector.';
comment on column fax.sessions.result_error is 'FAXERROR: HANGUP may stand beside a success. NULL: none, or not told.';
