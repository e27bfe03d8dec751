-- grain: one session, without detectors, with the peer for which it counts in fax.quality()
-- example: select peer_key, count(*) from fax.peer_sessions where started_at >= '2026-11-01' group by peer_key;
create view fax.peer_sessions as
select
    s.session_id,  -- The session.
    s.started_at,  -- First observation of the session.
    s.server,  -- Name of the server in the settings.
    n.peer,  -- The other end (fax.peer) (personal). NULL if unknown or erased.
    coalesce('erased:' || coalesce(
        -- a station id that arrived after the erasure takes the place of a number, as it does without one
        case when k.peer_is_station or s.remote_station_id is null then k.peer end, p.pseudonym), n.peer) as peer_key,  -- The same for all faxes of one peer (personal): peer, or its pseudonym if an erasure removed the peer from one of them. NULL if unknown.
    s.transport,  -- G.711 or T.38, the last one used. NULL if not reported.
    s.error_correction_mode,  -- Whether ECM is in use. NULL if never negotiated or not reported.
    s.pages,  -- Pages, as in fax.sessions. NULL if not reported.
    s.first_data_rate,  -- First measured rate, bit/s. NULL if never negotiated.
    s.rate_falls,  -- How often the measured rate fell. NULL if no poll measured it.
    fax.result(s.status, s.error) as result,  -- success, failed or unknown, as in fax.sessions.
    s.measurable_pages,  -- Pages with measurable bad lines: received without ECM, and reported by a poll.
    s.error_free_pages,  -- Pages without bad lines, of measurable_pages.
    case when s.measurable_pages > 0 then s.bad_lines end as bad_lines,  -- Bad lines on measurable_pages. NULL if there are none.
    s.lines_estimated,  -- Estimated lines of measurable_pages (A4), as far as their resolution is measured.
    s.resent_pages,  -- Pages that were sent more than once, as far as bad lines show it.
    s.timed_pages,  -- Pages whose start and end polls observed.
    s.page_seconds  -- Seconds of timed_pages together. NULL if there are none.
from fax.session_facts s
-- offset 0: computed once, although several columns use it
cross join lateral (
    select fax.peer(fax.direction(s.operation), s.remote_station_id, s.caller_number, s.called_number) as peer offset 0
) n
left join fax.erased_key k on k.session_id = s.session_id
left join fax.pseudonym p on p.kind = 'peer' and p.value = n.peer
where fax.is_shown(s.is_fax, s.session_number, s.snapshots, s.completed) and s.operation is distinct from 'V.21';

comment on view fax.peer_sessions is 'One session with the peer for which it counts. The base of fax.quality(); an erasure changes no peer_key from one group to another.';
