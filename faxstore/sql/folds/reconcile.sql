-- grain: one interval of one server: at most one row
-- example: select * from fax.reconcile('pbx1', '2026-11-23 14:00+00', '2026-11-23 15:00+00');
-- Compares what a server counted between two of its FAXStats readings with the sessions observed in that time: attempts
-- with sessions that started, completions with sessions that completed. The readings are the last one up to from_moment
-- and the first one from to_moment on. No row if one of them is missing.
-- A server that restarted counts from 0, so its new counters are compared with the sessions since the restart.
create function fax.reconcile(of_server text, from_moment timestamptz, to_moment timestamptz)
returns table (
    from_at timestamptz, to_at timestamptz, restarted boolean,
    transmit_attempts bigint, transmit_attempts_seen bigint,
    receive_attempts bigint, receive_attempts_seen bigint,
    attempts_missed bigint,
    completed bigint, completed_seen bigint,
    failed bigint, failed_seen bigint
)
language sql stable parallel safe
begin atomic
    with reading as (
        (select h.observed_at, h.details, 'before' as side
         from fax.server_history h
         where h.server = of_server and h.event = 'FAXStats' and h.observed_at <= from_moment
         order by h.observed_at desc limit 1)
        union all
        (select h.observed_at, h.details, 'after' as side
         from fax.server_history h
         where h.server = of_server and h.event = 'FAXStats' and h.observed_at >= to_moment
         order by h.observed_at limit 1)
    ),
    counters as (
        select
            r.observed_at,
            r.side,
            fax.counter(r.details, 'TransmitAttempts') as transmit_attempts,
            fax.counter(r.details, 'ReceiveAttempts') as receive_attempts,
            fax.counter(r.details, 'CompletedFAXes') as completed,
            fax.counter(r.details, 'FailedFAXes') as failed
        from reading r
    ),
    -- evaluated once: inlined, the search for a restart would run for each row
    compared as materialized (
        select
            b.observed_at as from_at,
            a.observed_at as to_at,
            n.began_at,
            fell.back or n.began_at is not null as restarted,
            a.transmit_attempts - case when fell.back or n.began_at is not null then 0 else b.transmit_attempts end as transmit_attempts,
            a.receive_attempts - case when fell.back or n.began_at is not null then 0 else b.receive_attempts end as receive_attempts,
            a.completed - case when fell.back or n.began_at is not null then 0 else b.completed end as completed,
            a.failed - case when fell.back or n.began_at is not null then 0 else b.failed end as failed
        from counters b
        join counters a on a.side = 'after'
        cross join lateral (
            select coalesce(a.transmit_attempts < b.transmit_attempts or a.receive_attempts < b.receive_attempts
                            or a.completed < b.completed or a.failed < b.failed, false) as back
        ) fell
        cross join lateral (select fax.restarted_at(of_server, b.observed_at, a.observed_at) as began_at) n
        where b.side = 'before'
    )
    select
        c.from_at, c.to_at, c.restarted,
        c.transmit_attempts, s.transmit_attempts,
        c.receive_attempts, s.receive_attempts,
        c.transmit_attempts + c.receive_attempts - s.attempts,
        c.completed, e.completed,
        c.failed, e.failed
    from compared c
    cross join lateral (select greatest(c.from_at, c.began_at) as since) t
    cross join lateral (
        select
            count(*) filter (where q.operation = 'send') as transmit_attempts,
            count(*) filter (where q.operation = 'receive') as receive_attempts,
            count(*) as attempts
        from fax.sessions q
        where q.server = of_server and q.started_at > t.since and q.started_at <= c.to_at
          and fax.is_attempt(q.operation, q.result_error)
    ) s
    cross join lateral (
        select
            count(*) as completed,
            count(*) filter (where q.result = 'failed') as failed
        from (
            -- uses the index of completion events; a fax that ended in this time may have started long before
            select distinct h.session_id, h.started_at
            from fax.session_history h
            where h.event in ('SendFAX', 'ReceiveFAX')
              and h.observed_at > t.since and h.observed_at <= c.to_at
              and h.started_at > t.since - interval '1 day' and h.started_at <= c.to_at
        ) ended
        join lateral (
            select f.server, f.result, f.ended_at
            from fax.sessions f
            where f.session_id = ended.session_id and f.started_at = ended.started_at
        ) q on q.server = of_server and q.ended_at > t.since and q.ended_at <= c.to_at
    ) e;
end;
