-- Compares two FAXStats readings of a server, each with its time and headers, with the sessions observed between them:
-- attempts with sessions that started, completions with sessions that completed.
-- A server that restarted counts from 0, so its new counters are compared with the sessions since the restart.
-- example: select n.* from fax.server_history b, fax.server_history a, fax.compare_readings('pbx1', b.observed_at, b.details, a.observed_at, a.details) n where …;
create function fax.compare_readings(
    of_server text, before_at timestamptz, before_details jsonb, after_at timestamptz, after_details jsonb)
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
    -- evaluated once: inlined, the search for a restart would run for each column that uses it
    with compared as materialized (
        select
            before_at as from_at,
            after_at as to_at,
            n.began_at,
            fell.back or n.began_at is not null as restarted,
            a.transmit_attempts - case when fell.back or n.began_at is not null then 0 else b.transmit_attempts end as transmit_attempts,
            a.receive_attempts - case when fell.back or n.began_at is not null then 0 else b.receive_attempts end as receive_attempts,
            a.completed - case when fell.back or n.began_at is not null then 0 else b.completed end as completed,
            a.failed - case when fell.back or n.began_at is not null then 0 else b.failed end as failed
        from (
            select
                fax.counter(before_details, 'TransmitAttempts') as transmit_attempts,
                fax.counter(before_details, 'ReceiveAttempts') as receive_attempts,
                fax.counter(before_details, 'CompletedFAXes') as completed,
                fax.counter(before_details, 'FailedFAXes') as failed
            offset 0  -- computed once, although several columns use each counter
        ) b
        cross join (
            select
                fax.counter(after_details, 'TransmitAttempts') as transmit_attempts,
                fax.counter(after_details, 'ReceiveAttempts') as receive_attempts,
                fax.counter(after_details, 'CompletedFAXes') as completed,
                fax.counter(after_details, 'FailedFAXes') as failed
            offset 0
        ) a
        cross join lateral (
            select coalesce(a.transmit_attempts < b.transmit_attempts or a.receive_attempts < b.receive_attempts
                            or a.completed < b.completed or a.failed < b.failed, false) as back
        ) fell
        cross join fax.restarted_at(of_server, before_at, after_at) n
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
            -- uses the indexes of completions; a fax that ended in this time may have started long before
            select h.session_id, h.started_at
            from fax.observation h
            where h.event in ('SendFAX', 'ReceiveFAX')
              and h.observed_at > t.since and h.observed_at <= c.to_at
              and h.started_at > t.since - interval '1 day' and h.started_at <= c.to_at
            union
            select p.session_id, p.started_at
            from fax.session_pack p
            where p.completed_at > t.since and p.completed_at <= c.to_at
              and p.started_at > t.since - interval '1 day' and p.started_at <= c.to_at
            union
            select d.session_id, d.started_at
            from fax.dropped_session d
            where d.completed_at > t.since and d.completed_at <= c.to_at
              and d.started_at > t.since - interval '1 day' and d.started_at <= c.to_at
        ) ended
        join lateral (
            select f.server, f.result, f.ended_at
            from fax.sessions f
            where f.session_id = ended.session_id and f.started_at = ended.started_at
            offset 0
        ) q on q.server = of_server and q.ended_at > t.since and q.ended_at <= c.to_at
            -- as far back as the searches above reach whatever the interval
            and q.ended_at < ended.started_at + interval '1 day'
    ) e;
end;
