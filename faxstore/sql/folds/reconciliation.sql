-- grain: one interval between two FAXStats readings of one server by one collector
-- example: select from_at, to_at, attempts_missed from fax.reconciliation where server = 'pbx1' and from_at >= '2026-11-23' and attempts_missed <> 0;
-- A fax is counted by the server up to half a minute before it is listed (answer, T.38 negotiation), so a difference may
-- stand in one interval and be made up in the next: sum them.
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
cross join lateral fax.counted_faxes(r.server, p.observed_at, r.observed_at) n
left join lateral (
    select e.epoch_id
    from fax.epoch e
    where e.server = r.server and coalesce(e.reloaded_at, e.started_at, e.first_seen_at) <= r.observed_at
    order by coalesce(e.reloaded_at, e.started_at, e.first_seen_at) desc, e.reload_ordinal desc
    limit 1
) c on true
where r.event = 'FAXStats';

comment on view fax.reconciliation is 'A server''s own counters between two FAXStats readings, beside the sessions that faxstore has of that time.';
comment on column fax.reconciliation.server is 'Name of the server in the settings.';
comment on column fax.reconciliation.epoch_id is 'The epoch of the later reading. NULL: no session of it was seen.';
comment on column fax.reconciliation.collector_id is 'Who took the two readings; of two collectors each has its own rows.';
comment on column fax.reconciliation.from_at is 'When the earlier reading came.';
comment on column fax.reconciliation.to_at is 'When the later reading came.';
comment on column fax.reconciliation.restarted is 'The server or its fax module began anew in between: the counts are those since.';
comment on column fax.reconciliation.transmit_attempts is 'Faxes that the server began to send, by TransmitAttempts. NULL: not told.';
comment on column fax.reconciliation.transmit_attempts_seen is 'Sessions with operation send that began in the time.';
comment on column fax.reconciliation.receive_attempts is 'Faxes that the server began to receive, by ReceiveAttempts. NULL: not told.';
comment on column fax.reconciliation.receive_attempts_seen is 'Sessions with operation receive that began in the time.';
comment on column fax.reconciliation.attempts_missed is 'Attempts by the server less sessions that began (also those of which send or receive is not known); negative where a session was counted by the server in the interval before. NULL: not told.';
comment on column fax.reconciliation.completed is 'Faxes that ran to an end, failed ones too, by CompletedFAXes. NULL: not told.';
comment on column fax.reconciliation.completed_seen is 'Sessions that ended with a completion event in the time.';
comment on column fax.reconciliation.failed is 'Faxes that failed, by FailedFAXes: those that completed with FAXSTATUS FAILED, and a few that never ran. NULL: not told.';
comment on column fax.reconciliation.failed_seen is 'Sessions that ended with a completion event in the time and failed.';
