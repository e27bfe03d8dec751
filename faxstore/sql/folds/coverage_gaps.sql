-- grain: one interval without a good poll of one server
-- example: select server, began_at, seconds, reason, missed_faxes from fax.coverage_gaps order by began_at;
-- Starts with the first poll of a server. For one server and a period use fax.gaps(), which reads only that period.
create view fax.coverage_gaps as
select
    s.server,  -- Name of the server in the settings.
    g.began_at,  -- Last good poll before it, by the observer's clock; if the collector was killed, the last one on record, which is up to a minute earlier unless a fax was in progress.
    g.ended_at,  -- First good poll after it. NULL if none yet.
    extract(epoch from g.ended_at - g.began_at) as seconds,  -- Seconds from began_at to ended_at. NULL if it has not ended.
    g.reason,  -- Why it began: collector down, connection lost, server silent, permission (login or action refused), poll refused (res_fax not loaded, or a malformed list), polls late, or dropped (observed, but lost because a queue was full).
    g.reasons,  -- All reasons reported during the gap, in order.
    g.messages,  -- Messages of the collector or the server during the gap, in order. NULL if none.
    fax.sessions_in_gap(s.server, g.began_at, g.ended_at) as sessions,  -- Known sessions, without detectors, that overlap it and started at most a day before it.
    (select greatest(m.attempts_missed, 0)
     from fax.reconcile(s.server, g.began_at, g.ended_at) m) as missed_faxes  -- Attempts that the server counted between its FAXStats readings before and after the gap and that match no session; after a restart, only those since. NULL if a reading is missing.
from fax.polled_servers s
cross join lateral (
    select
        a.began_at,
        nullif(a.ended_at, 'infinity') as ended_at,
        a.reason,
        a.reasons,
        a.messages
    from fax.gaps(s.server, s.first_polled_at, 'infinity') a
    -- the future is not a gap
    where a.began_at < now()
) g;

comment on view fax.coverage_gaps is 'One interval without a good poll of one server: faxstore did not observe what happened in it.';
