-- grain: one fax session, without personal values
-- example: select caller_number, remote_station_id, pages, result from fax.sessions_masked where started_at >= '2026-11-01';
-- Numbers and station ids show their last two characters; names of channels are gone, of files only their count is left.
create view fax.sessions_masked as
select
    s.session_id,
    s.server,
    s.epoch_id,
    s.session_number,
    s.operation,
    s.direction,
    s.uniqueid,
    s.linkedid,
    s.account_code,
    fax.masked(s.caller_number) as caller_number,
    fax.masked(s.called_number) as called_number,
    fax.masked(s.local_station_id) as local_station_id,
    fax.masked(s.remote_station_id) as remote_station_id,
    s.transport,
    cardinality(s.file_names) as files,
    s.started_at,
    s.ended_at,
    s.duration_seconds,
    s.end_observed_by,
    s.state,
    s.pages,
    s.pages_observed,
    s.bad_lines,
    s.bad_lines_discarded,
    s.bad_lines_measurable,
    s.worst_page_bad_lines,
    s.error_correction_mode,
    s.first_data_rate,
    s.last_data_rate,
    s.lowest_data_rate,
    s.rate_falls,
    s.x_resolution,
    s.y_resolution,
    s.resolution,
    s.result,
    s.result_class,
    s.result_text,
    s.snapshots,
    s.first_position,
    s.last_position,
    s.ended_not_before,
    s.ended_not_after,
    s.poll_gap_seconds,
    s.bad_lines_lower_bound,
    s.overlaps_gap,
    s.fax_session_id,
    s.result_error
from fax.sessions s;

comment on view fax.sessions_masked is 'One fax session as in fax.sessions, without personal values: for whoever may know how faxes went, but not whose.';
comment on column fax.sessions_masked.session_id is 'Identity of the session, the same wherever its recording is imported.';
comment on column fax.sessions_masked.server is 'Name of the server in the settings.';
comment on column fax.sessions_masked.epoch_id is 'The epoch (fax.epoch) in which session_number counts: numbers begin at 0 again with each start of the server.';
comment on column fax.sessions_masked.session_number is 'SessionNumber of Asterisk. NULL: never listed, known only from its events.';
comment on column fax.sessions_masked.operation is 'Operation as sent: send, receive, gateway, V.21. NULL: not told.';
comment on column fax.sessions_masked.direction is 'sent, received, gateway, or detector (V.21: listens for a fax tone, is no fax). NULL: none of these.';
comment on column fax.sessions_masked.uniqueid is 'Uniqueid of the channel, by its events or its Status. NULL: not told.';
comment on column fax.sessions_masked.linkedid is 'Linkedid of the call, by its events or its Status. NULL: not told.';
comment on column fax.sessions_masked.account_code is 'Account code of the channel, by its events or its Status. NULL: none, or not told.';
comment on column fax.sessions_masked.caller_number is 'Number of who called: its last two characters, as many * as stood before them; shorter than six: only *. NULL: unknown.';
comment on column fax.sessions_masked.called_number is 'Number that was called: its last two characters, as many * as stood before them; shorter than six: only *. NULL: unknown.';
comment on column fax.sessions_masked.local_station_id is 'Station id of this end: its last two characters, as many * as stood before them; shorter than six: only *. NULL: unknown.';
comment on column fax.sessions_masked.remote_station_id is 'Station id of the other end: its last two characters, as many * as stood before them; shorter than six: only *. NULL: unknown.';
comment on column fax.sessions_masked.transport is 'G.711 or T.38, the last one used. NULL: not told (gateway, detector).';
comment on column fax.sessions_masked.files is 'How many files were sent or received. NULL: not told.';
comment on column fax.sessions_masked.started_at is 'First observation, by the observer''s clock; the fax began at most one poll earlier.';
comment on column fax.sessions_masked.ended_at is 'Completion: when its event came. Gone: the first complete list without it. Server restart: the last observation before it. Never listed and no completion event: the last row. NULL: open.';
comment on column fax.sessions_masked.duration_seconds is 'Seconds from started_at to ended_at. NULL: open, or the observer''s clock was set back meanwhile.';
comment on column fax.sessions_masked.end_observed_by is 'How the end is known: completion (SendFAX or ReceiveFAX), gone (absent from a complete list, or never in one), server_restart, or open.';
comment on column fax.sessions_masked.state is 'Last state seen, as sent. NULL: never listed.';
comment on column fax.sessions_masked.pages is 'Pages: the count of the completion event, else the highest seen; a gateway''s PageNumber less one. NULL: not told.';
comment on column fax.sessions_masked.pages_observed is 'Highest count of pages that a poll saw. NULL: not told.';
comment on column fax.sessions_masked.bad_lines is 'Bad lines in the pages kept: the last value seen of each page''s last attempt. NULL: not measurable (sender, ECM, gateway, never negotiated). A lower bound where bad_lines_lower_bound says so.';
comment on column fax.sessions_masked.bad_lines_discarded is 'Bad lines of attempts that were sent again. NULL: not measurable, or the technology counts by session.';
comment on column fax.sessions_masked.bad_lines_measurable is 'A receiver without ECM: the only one that counts bad lines.';
comment on column fax.sessions_masked.worst_page_bad_lines is 'Bad lines of the worst page kept. NULL: not measurable.';
comment on column fax.sessions_masked.error_correction_mode is 'ECM in use, once negotiated. NULL: never negotiated, or not told.';
comment on column fax.sessions_masked.first_data_rate is 'First measured rate, bit/s. NULL: never negotiated.';
comment on column fax.sessions_masked.last_data_rate is 'Last rate, bit/s. NULL: not told.';
comment on column fax.sessions_masked.lowest_data_rate is 'Lowest measured rate, bit/s. NULL: never negotiated.';
comment on column fax.sessions_masked.rate_falls is 'How often the measured rate fell, by the observer who saw it fall most; the default before negotiation is no measurement.';
comment on column fax.sessions_masked.x_resolution is 'Pixels per metre across, last measured. NULL: not told.';
comment on column fax.sessions_masked.y_resolution is 'Pixels per metre down, last measured. NULL: not told.';
comment on column fax.sessions_masked.resolution is 'standard, fine or superfine. NULL: not told, or another.';
comment on column fax.sessions_masked.result is 'success or failed, by FAXSTATUS (NATIVE_T38, no gateway was necessary, is a success); unknown where it was not on the wire.';
comment on column fax.sessions_masked.result_class is 'Class of the result as in Asterisk''s fax show stats. NULL: result unknown.';
comment on column fax.sessions_masked.result_text is 'FAXSTATUSSTRING, else FAXERROR. NULL: not told.';
comment on column fax.sessions_masked.snapshots is 'Snapshots that polls took of it; 0: known only from its events.';
comment on column fax.sessions_masked.first_position is 'First position of its rows in the history.';
comment on column fax.sessions_masked.last_position is 'Last position of its rows in the history.';
comment on column fax.sessions_masked.ended_not_before is 'It ended at or after this moment: the last snapshot of it, else its last row. NULL: open.';
comment on column fax.sessions_masked.ended_not_after is 'It ended at or before this moment: its completion event, the first complete list without it, or the start of the server''s next life. NULL: open.';
comment on column fax.sessions_masked.poll_gap_seconds is 'Seconds between the last poll that saw a page in hand and the next one, the widest of its pages. NULL: bad lines are not measurable, or no poll saw a page.';
comment on column fax.sessions_masked.bad_lines_lower_bound is 'Bad lines may be more: a page was in no poll, or poll_gap_seconds is above 0.85, the shortest pause between the last line of a page and the next page (T.30, preamble). NULL: not measurable.';
comment on column fax.sessions_masked.overlaps_gap is 'An interval without a good poll (fax.coverage_gaps) lies in its time, or in the second before its first snapshot: then it may have begun unseen.';
comment on column fax.sessions_masked.fax_session_id is 'Of a detector: the session of the fax that its channel then carried, a gateway''s say. NULL: none, or not a detector.';
comment on column fax.sessions_masked.result_error is 'FAXERROR: HANGUP may stand beside a success. NULL: none, or not told.';
