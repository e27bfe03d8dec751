-- The rows of fax.reconciliation of one server whose later reading was taken between two moments, the second one
-- excluded. Sorts the readings, sessions and epochs of the period by time and counts them in one pass; the view
-- searches for the sessions of each interval.
-- example: select * from fax.reconciliation_between('pbx1', '2026-10-01', '2026-11-01') where attempts_missed <> 0;
create function fax.reconciliation_between(of_server text, from_moment timestamptz, to_moment timestamptz)
returns setof fax.reconciliation
language sql stable parallel safe
begin atomic
    with in_period as materialized (
        select
            h.observed_at,
            h.collector_id,
            fax.counter(h.details, 'TransmitAttempts') as transmit_attempts,
            fax.counter(h.details, 'ReceiveAttempts') as receive_attempts,
            fax.counter(h.details, 'CompletedFAXes') as completed,
            fax.counter(h.details, 'FailedFAXes') as failed
        from fax.server_history h
        where h.server = of_server and h.event = 'FAXStats' and h.observed_at >= from_moment and h.observed_at < to_moment
    ),
    before_it as materialized (
        select
            b.observed_at,
            c.collector_id,
            fax.counter(b.details, 'TransmitAttempts') as transmit_attempts,
            fax.counter(b.details, 'ReceiveAttempts') as receive_attempts,
            fax.counter(b.details, 'CompletedFAXes') as completed,
            fax.counter(b.details, 'FailedFAXes') as failed
        from (select distinct r.collector_id from in_period r) c
        cross join lateral (
            select h.observed_at, h.details
            from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.collector_id = c.collector_id
              and h.observed_at < from_moment
            order by h.observed_at desc
            limit 1
        ) b
    ),
    first_reading as materialized (
        select coalesce(min(b.observed_at), from_moment) as at from before_it b
    ),
    session as materialized (
        select q.started_at, q.operation, q.result_error, q.result, q.ended_at, q.end_observed_by
        from fax.sessions q
        where q.server = of_server
          and q.started_at > (select f.at - interval '1 day' from first_reading f) and q.started_at < to_moment
    ),
    epoch as materialized (
        select e.epoch_id, e.at, row_number() over (order by e.at, e.reload_ordinal) as place
        from (
            select e.epoch_id, coalesce(e.reloaded_at, e.started_at, e.first_seen_at) as at, e.reload_ordinal
            from fax.epoch e
            where e.server = of_server
        ) e
    ),
    -- starts of the server and loads of res_fax (fax.restarted_at)
    restart as materialized (
        select distinct h.observed_at
        from fax.server_history h
        where h.server = of_server and h.event in ('FullyBooted', 'Load')
          and h.observed_at > (select f.at from first_reading f) and h.observed_at < to_moment
    ),
    -- each reading, with what had happened by then
    counted as (
        select
            n.*,
            sum(n.started) over by_then as attempts_by_then,
            sum(n.sent) over by_then as sent_by_then,
            sum(n.received) over by_then as received_by_then,
            sum(n.ended) over by_then as completed_by_then,
            sum(n.ended_failed) over by_then as failed_by_then,
            sum(n.began) over by_then as epochs_by_then
        from (
            select
                r.observed_at, r.collector_id, r.transmit_attempts, r.receive_attempts, r.completed, r.failed,
                0 as started, 0 as sent, 0 as received, 0 as ended, 0 as ended_failed, 0 as began
            from in_period r
            union all
            select
                r.observed_at, r.collector_id, r.transmit_attempts, r.receive_attempts, r.completed, r.failed,
                0 as started, 0 as sent, 0 as received, 0 as ended, 0 as ended_failed, 0 as began
            from before_it r
            union all
            select
                s.started_at as observed_at, null as collector_id, null as transmit_attempts, null as receive_attempts,
                null as completed, null as failed, 1 as started, (s.operation = 'send')::integer as sent,
                (s.operation = 'receive')::integer as received, 0 as ended, 0 as ended_failed, 0 as began
            from session s
            where fax.is_attempt(s.operation, s.result_error)
            union all
            select
                s.ended_at as observed_at, null as collector_id, null as transmit_attempts, null as receive_attempts,
                null as completed, null as failed, 0 as started, 0 as sent, 0 as received, 1 as ended,
                (s.result = 'failed')::integer as ended_failed, 0 as began
            from session s
            where s.end_observed_by = 'completion' and s.ended_at < s.started_at + interval '1 day'
            union all
            select
                e.at as observed_at, null as collector_id, null as transmit_attempts, null as receive_attempts,
                null as completed, null as failed, 0 as started, 0 as sent, 0 as received, 0 as ended, 0 as ended_failed,
                1 as began
            from epoch e
        ) n
        window by_then as (order by n.observed_at)
    ),
    paired as (
        select
            r.*,
            lag(r.observed_at) over by_collector as from_at,
            lag(r.transmit_attempts) over by_collector as transmit_attempts_before,
            lag(r.receive_attempts) over by_collector as receive_attempts_before,
            lag(r.completed) over by_collector as completed_before,
            lag(r.failed) over by_collector as failed_before,
            r.attempts_by_then - lag(r.attempts_by_then) over by_collector as attempts_seen,
            r.sent_by_then - lag(r.sent_by_then) over by_collector as sent_seen,
            r.received_by_then - lag(r.received_by_then) over by_collector as received_seen,
            r.completed_by_then - lag(r.completed_by_then) over by_collector as completed_seen,
            r.failed_by_then - lag(r.failed_by_then) over by_collector as failed_seen
        from counted r
        where r.collector_id is not null
        window by_collector as (partition by r.collector_id order by r.observed_at)
    )
    select
        of_server,
        e.epoch_id,
        p.collector_id,
        p.from_at,
        p.observed_at,
        k.restarted,
        n.transmit_attempts,
        case when k.began_at is null then p.sent_seen else since.sent end,
        n.receive_attempts,
        case when k.began_at is null then p.received_seen else since.received end,
        n.transmit_attempts + n.receive_attempts - case when k.began_at is null then p.attempts_seen else since.attempts end,
        p.completed - case when k.restarted then 0 else p.completed_before end,
        case when k.began_at is null then p.completed_seen else since.completed end,
        p.failed - case when k.restarted then 0 else p.failed_before end,
        case when k.began_at is null then p.failed_seen else since.failed end
    from paired p
    left join epoch e on e.place = p.epochs_by_then
    left join lateral (
        select n.began_at
        from (select from restart i where i.observed_at > p.from_at and i.observed_at <= p.observed_at limit 1) i
        cross join fax.restarted_at(of_server, p.from_at, p.observed_at) n
    ) b on true
    cross join lateral (
        select
            b.began_at,
            coalesce(
                p.transmit_attempts < p.transmit_attempts_before or p.receive_attempts < p.receive_attempts_before
                or p.completed < p.completed_before or p.failed < p.failed_before, false) or b.began_at is not null as restarted
    ) k
    cross join lateral (
        select
            p.transmit_attempts - case when k.restarted then 0 else p.transmit_attempts_before end as transmit_attempts,
            p.receive_attempts - case when k.restarted then 0 else p.receive_attempts_before end as receive_attempts
    ) n
    -- after a restart, what happened since
    left join lateral (
        select
            count(*) filter (where q.started and q.operation = 'send') as sent,
            count(*) filter (where q.started and q.operation = 'receive') as received,
            count(*) filter (where q.started) as attempts,
            count(*) filter (where q.ended) as completed,
            count(*) filter (where q.ended and q.result = 'failed') as failed
        from (
            select
                s.operation,
                s.result,
                s.started_at > k.began_at and s.started_at <= p.observed_at and fax.is_attempt(s.operation, s.result_error) as started,
                s.ended_at > k.began_at and s.ended_at <= p.observed_at and s.end_observed_by = 'completion'
                    and s.ended_at < s.started_at + interval '1 day' as ended
            from session s
            where k.began_at is not null
        ) q
    ) since on true
    where p.from_at is not null and p.observed_at >= from_moment;
end;
