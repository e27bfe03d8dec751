-- grain: one interval between two FAXStats readings of one server by one collector
-- example: select from_at, to_at, attempts_missed from fax.reconciliation where server = 'pbx1' and from_at >= '2026-11-23' and attempts_missed <> 0;
-- The server counts a fax up to half a minute before it lists it (answer, T.38 negotiation), so a difference in one
-- interval may be offset in the next. Sum over intervals.
-- Rows of finished days are stored (fax.compared_reading). Those of other days are computed, a day of a server at a time,
-- so conditions on the server and on the day limit what is computed, and one on times does not.
create view fax.reconciliation as
select
    r.server,  -- Name of the server in the settings.
    e.ids[width_bucket(r.to_at, e.moments)] as epoch_id,  -- Epoch of the later reading. NULL if no epoch was known by then.
    r.collector_id,  -- Collector of the two readings. Each collector has its own rows.
    r.from_at,  -- Time of the earlier reading.
    r.to_at,  -- Time of the later reading.
    r.restarted,  -- Whether the server or its fax module restarted in between; then all counts are those since.
    r.transmit_attempts,  -- Faxes that the server started to send, by TransmitAttempts. NULL if not reported.
    r.transmit_attempts_seen,  -- Sessions with operation send that started in this time.
    r.receive_attempts,  -- Faxes that the server started to receive, by ReceiveAttempts. NULL if not reported.
    r.receive_attempts_seen,  -- Sessions with operation receive that started in this time.
    r.attempts_missed,  -- Attempts by the server minus sessions that started (including those of unknown operation). Negative if the server counted a session in the interval before. NULL if not reported.
    r.completed,  -- Faxes that ran to an end, failed ones included, by CompletedFAXes. NULL if not reported.
    r.completed_seen,  -- Sessions that ended with a completion event in this time.
    r.failed,  -- Faxes that failed, by FailedFAXes: those that completed with FAXSTATUS FAILED, and a few that never ran. NULL if not reported.
    r.failed_seen,  -- Sessions that ended with a completion event in this time and failed.
    r.day  -- UTC day of to_at. In a query about a period, conditions on day and to_at together compute and read only that period.
from (
    select
        s.server,
        s.collector_id,
        c.from_at,
        c.to_at,
        coalesce(c.restarted, false) as restarted,
        case when c.counts is null then coalesce(c.transmit_attempts, 0) else c.counts[1] end as transmit_attempts,
        case when c.counts is null then coalesce(c.transmit_attempts_seen, 0) else c.counts[2] end as transmit_attempts_seen,
        case when c.counts is null then coalesce(c.receive_attempts, 0) else c.counts[3] end as receive_attempts,
        case when c.counts is null then coalesce(c.receive_attempts_seen, 0) else c.counts[4] end as receive_attempts_seen,
        case when c.counts is null then coalesce(c.attempts_missed, 0) else c.counts[5] end as attempts_missed,
        case when c.counts is null then coalesce(c.completed, 0) else c.counts[6] end as completed,
        case when c.counts is null then coalesce(c.completed_seen, 0) else c.counts[7] end as completed_seen,
        case when c.counts is null then coalesce(c.failed, 0) else c.counts[8] end as failed,
        case when c.counts is null then coalesce(c.failed_seen, 0) else c.counts[9] end as failed_seen,
        (c.to_at at time zone 'UTC')::date as day
    from fax.reading_series s
    join fax.compared_reading c on c.series = s.series
    union all
    select
        d.server,
        n.collector_id,
        n.from_at,
        n.to_at,
        n.restarted,
        n.transmit_attempts,
        n.transmit_attempts_seen,
        n.receive_attempts,
        n.receive_attempts_seen,
        n.attempts_missed,
        n.completed,
        n.completed_seen,
        n.failed,
        n.failed_seen,
        d.day
    from fax.reconciliation_day d
    cross join lateral fax.compare_readings_between(
        d.server, d.day::timestamp at time zone 'UTC', (d.day + 1)::timestamp at time zone 'UTC') n
    where d.since is null and n.from_at is not null
) r
left join (
    -- the epochs of each server in their order
    select
        o.server,
        array_agg(o.began_at order by o.began_at, o.reload_ordinal) as moments,
        array_agg(o.epoch_id order by o.began_at, o.reload_ordinal) as ids
    from (
        select p.server, p.epoch_id, p.reload_ordinal, coalesce(p.reloaded_at, p.started_at, p.first_seen_at) as began_at
        from fax.epoch p
    ) o
    group by o.server
) e on e.server = r.server;

comment on view fax.reconciliation is 'A server''s own counters between two FAXStats readings, beside the sessions observed in that time.';
