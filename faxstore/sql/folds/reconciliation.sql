-- grain: one interval between two FAXStats readings of one server by one collector
-- example: select from_at, to_at, attempts_missed from fax.reconciliation where server = 'pbx1' and from_at >= '2026-11-23' and attempts_missed <> 0;
-- The server counts a fax up to half a minute before it lists it (answer, T.38 negotiation), so a difference in one
-- interval may be offset in the next. Sum over intervals.
create view fax.reconciliation as
select
    r.server,  -- Name of the server in the settings.
    c.epoch_id,  -- Epoch of the later reading. NULL if no epoch was known by then.
    r.collector_id,  -- Collector of the two readings. Each collector has its own rows.
    p.observed_at as from_at,  -- Time of the earlier reading.
    r.observed_at as to_at,  -- Time of the later reading.
    n.restarted,  -- Whether the server or its fax module restarted in between; then all counts are those since.
    n.transmit_attempts,  -- Faxes that the server started to send, by TransmitAttempts. NULL if not reported.
    n.transmit_attempts_seen,  -- Sessions with operation send that started in this time.
    n.receive_attempts,  -- Faxes that the server started to receive, by ReceiveAttempts. NULL if not reported.
    n.receive_attempts_seen,  -- Sessions with operation receive that started in this time.
    n.attempts_missed,  -- Attempts by the server minus sessions that started (including those of unknown operation). Negative if the server counted a session in the interval before. NULL if not reported.
    n.completed,  -- Faxes that ran to an end, failed ones included, by CompletedFAXes. NULL if not reported.
    n.completed_seen,  -- Sessions that ended with a completion event in this time.
    n.failed,  -- Faxes that failed, by FailedFAXes: those that completed with FAXSTATUS FAILED, and a few that never ran. NULL if not reported.
    n.failed_seen  -- Sessions that ended with a completion event in this time and failed.
from fax.server_history r
cross join lateral (
    select q.observed_at, q.details
    from fax.server_history q
    where q.server = r.server and q.event = 'FAXStats' and q.collector_id = r.collector_id and q.observed_at < r.observed_at
    order by q.observed_at desc
    limit 1
) p
cross join lateral fax.compare_readings(r.server, p.observed_at, p.details, r.observed_at, r.details) n
left join lateral (
    select e.epoch_id
    from fax.epoch e
    where e.server = r.server and coalesce(e.reloaded_at, e.started_at, e.first_seen_at) <= r.observed_at
    order by coalesce(e.reloaded_at, e.started_at, e.first_seen_at) desc, e.reload_ordinal desc
    limit 1
) c on true
where r.event = 'FAXStats';

comment on view fax.reconciliation is 'A server''s own counters between two FAXStats readings, beside the sessions observed in that time.';
