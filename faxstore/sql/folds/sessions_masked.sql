-- grain: one fax session, without personal values
-- example: select caller_number, remote_station_id, pages, result from fax.sessions_masked where started_at >= '2026-11-01';
select fax.make_masked_view('sessions', 'session_id', 'files');

comment on view fax.sessions_masked is 'One fax session as in fax.sessions, without personal values. Of a masked value only the length and the last two characters remain, or only the length if it is shorter than six.';
