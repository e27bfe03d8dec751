-- grain: one interval between two FAXStats readings of one server by one collector
-- example: select from_at, to_at, attempts_missed from fax.reconciliation where server = 'pbx1' and from_at >= '2026-11-23' and attempts_missed <> 0;
-- The server counts a fax up to half a minute before it lists it (answer, T.38 negotiation), so a difference in one
-- interval may be offset in the next. Sum over intervals.
create view fax.reconciliation as
select
    r.server,
    c.epoch_id,
    r.collector_id,
    p.observed_at as from_at,
    r.observed_at as to_at,
    n.restarted,
    n.transmit_attempts,
    n.transmit_attempts_seen,
    n.receive_attempts,
    n.receive_attempts_seen,
    n.attempts_missed,
    n.completed,
    n.completed_seen,
    n.failed,
    n.failed_seen
from fax.server_history r
cross join lateral (
    select q.observed_at
    from fax.server_history q
    where q.server = r.server and q.event = 'FAXStats' and q.collector_id = r.collector_id and q.observed_at < r.observed_at
    order by q.observed_at desc
    limit 1
) p
cross join lateral fax.reconcile(r.server, p.observed_at, r.observed_at) n
left join lateral (
    select e.epoch_id
    from fax.epoch e
    where e.server = r.server and coalesce(e.reloaded_at, e.started_at, e.first_seen_at) <= r.observed_at
    order by coalesce(e.reloaded_at, e.started_at, e.first_seen_at) desc, e.reload_ordinal desc
    limit 1
) c on true
where r.event = 'FAXStats';

comment on view fax.reconciliation is 'A server''s own counters between two FAXStats readings, beside the sessions observed in that time.';
comment on column fax.reconciliation.server is 'Name of the server in the settings.';
comment on column fax.reconciliation.epoch_id is 'Epoch of the later reading. NULL if no session of it was observed.';
comment on column fax.reconciliation.collector_id is 'Collector of the two readings. Each collector has its own rows.';
comment on column fax.reconciliation.from_at is 'Time of the earlier reading.';
comment on column fax.reconciliation.to_at is 'Time of the later reading.';
comment on column fax.reconciliation.restarted is 'Whether the server or its fax module restarted in between; then all counts are those since.';
comment on column fax.reconciliation.transmit_attempts is 'Faxes that the server started to send, by TransmitAttempts. NULL if not reported.';
comment on column fax.reconciliation.transmit_attempts_seen is 'Sessions with operation send that started in this time.';
comment on column fax.reconciliation.receive_attempts is 'Faxes that the server started to receive, by ReceiveAttempts. NULL if not reported.';
comment on column fax.reconciliation.receive_attempts_seen is 'Sessions with operation receive that started in this time.';
comment on column fax.reconciliation.attempts_missed is 'Attempts by the server minus sessions that started (including those of unknown operation). Negative if the server counted a session in the interval before. NULL if not reported.';
comment on column fax.reconciliation.completed is 'Faxes that ran to an end, failed ones included, by CompletedFAXes. NULL if not reported.';
comment on column fax.reconciliation.completed_seen is 'Sessions that ended with a completion event in this time.';
comment on column fax.reconciliation.failed is 'Faxes that failed, by FailedFAXes: those that completed with FAXSTATUS FAILED, and a few that never ran. NULL if not reported.';
comment on column fax.reconciliation.failed_seen is 'Sessions that ended with a completion event in this time and failed.';
