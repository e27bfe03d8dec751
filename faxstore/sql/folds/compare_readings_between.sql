-- Compares the FAXStats readings of a server, taken between two moments, the second one excluded, each with the one before
-- it by the same collector and with the sessions observed in between (as fax.compare_readings). from_at is NULL for the
-- first reading of a collector. Finds the interval of each session among all readings at once.
-- example: select * from fax.compare_readings_between('pbx1', '2026-11-23', '2026-11-24');
create function fax.compare_readings_between(of_server text, from_moment timestamptz, to_moment timestamptz)
returns table (
    collector_id text, from_at timestamptz, to_at timestamptz, restarted boolean,
    transmit_attempts bigint, transmit_attempts_seen bigint,
    receive_attempts bigint, receive_attempts_seen bigint,
    attempts_missed bigint,
    completed bigint, completed_seen bigint,
    failed bigint, failed_seen bigint
)
language plpgsql stable parallel safe
rows 1440
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planning costs as much as a day
as $$
#variable_conflict use_column
begin
    return query
    -- each collector with the times of its readings: the last one before the period, then those of the period
    with observer as materialized (
        select
            p.collector_id,
            b.observed_at as before_at,
            b.details as before_details,
            case when b.observed_at is null then p.moments else b.observed_at || p.moments end as moments
        from (
            select h.collector_id, array_agg(h.observed_at order by h.observed_at) as moments
            from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.observed_at >= from_moment and h.observed_at < to_moment
            group by h.collector_id
        ) p
        join fax.reading_series s on s.server = of_server and s.collector_id = p.collector_id
        left join lateral (
            select h.observed_at, h.details
            from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.collector_id = p.collector_id
              and h.observed_at < from_moment and s.first_at < from_moment
            order by h.observed_at desc
            limit 1
        ) b on true
    ),
    first_reading as materialized (
        select coalesce(min(o.before_at), from_moment) as at from observer o
    ),
    -- each reading with the one before it
    reading as (
        select
            r.*,
            lag(r.observed_at) over by_collector as from_at,
            lag(r.transmit_attempts) over by_collector as transmit_attempts_before,
            lag(r.receive_attempts) over by_collector as receive_attempts_before,
            lag(r.completed) over by_collector as completed_before,
            lag(r.failed) over by_collector as failed_before
        from (
            select
                h.collector_id,
                h.observed_at,
                fax.counter(h.details, 'TransmitAttempts') as transmit_attempts,
                fax.counter(h.details, 'ReceiveAttempts') as receive_attempts,
                fax.counter(h.details, 'CompletedFAXes') as completed,
                fax.counter(h.details, 'FailedFAXes') as failed
            from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.observed_at >= from_moment and h.observed_at < to_moment
            union all
            select
                o.collector_id,
                o.before_at as observed_at,
                fax.counter(o.before_details, 'TransmitAttempts') as transmit_attempts,
                fax.counter(o.before_details, 'ReceiveAttempts') as receive_attempts,
                fax.counter(o.before_details, 'CompletedFAXes') as completed,
                fax.counter(o.before_details, 'FailedFAXes') as failed
            from observer o
            where o.before_at is not null
        ) r
        window by_collector as (partition by r.collector_id order by r.observed_at)
    ),
    session as materialized (
        select q.started_at, q.operation, q.result_error, q.result, q.ended_at, q.end_observed_by
        from fax.sessions q
        where q.server = of_server
          and q.started_at > (select f.at - interval '1 day' from first_reading f)
          and q.started_at < to_moment
    ),
    -- what happened until each reading, after the one before it
    counted as (
        select
            o.collector_id,
            o.moments[e.earlier + 1] as to_at,
            sum(e.started) as attempts,
            sum(e.sent) as sent,
            sum(e.received) as received,
            sum(e.ended) as completed,
            sum(e.ended_failed) as failed
        from observer o
        cross join lateral (
            -- the number of readings before it
            select
                width_bucket(s.started_at - interval '1 microsecond', o.moments) as earlier, 1 as started,
                (s.operation = 'send')::integer as sent, (s.operation = 'receive')::integer as received, 0 as ended, 0 as ended_failed
            from session s
            where fax.is_attempt(s.operation, s.result_error)
            union all
            select
                width_bucket(s.ended_at - interval '1 microsecond', o.moments) as earlier, 0 as started,
                0 as sent, 0 as received, 1 as ended, (s.result = 'failed')::integer as ended_failed
            from session s
            where s.end_observed_by = 'completion' and s.ended_at < s.started_at + interval '1 day'
        ) e
        group by o.collector_id, o.moments[e.earlier + 1]
    ),
    -- readings after a restart, with what happened since (fax.restarted_at)
    restarted as (
        select i.collector_id, i.to_at, b.began_at, n.*
        from (
            select distinct m.collector_id, m.moments[m.earlier] as from_at, m.moments[m.earlier + 1] as to_at
            from (
                select o.collector_id, o.moments, width_bucket(h.observed_at - interval '1 microsecond', o.moments) as earlier
                from fax.server_history h
                cross join observer o
                where h.server = of_server and h.event in ('FullyBooted', 'Load')
                  and h.observed_at > (select f.at from first_reading f) and h.observed_at < to_moment
            ) m
        ) i
        cross join lateral fax.restarted_at(of_server, i.from_at, i.to_at) b
        cross join lateral (
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
                    s.started_at > b.began_at and s.started_at <= i.to_at and fax.is_attempt(s.operation, s.result_error) as started,
                    s.ended_at > b.began_at and s.ended_at <= i.to_at and s.end_observed_by = 'completion'
                        and s.ended_at < s.started_at + interval '1 day' as ended
                from session s
            ) q
        ) n
        where b.began_at is not null
    )
    select
        r.collector_id,
        r.from_at,
        r.observed_at,
        k.restarted,
        n.transmit_attempts,
        case when b.began_at is null then coalesce(c.sent, 0) else b.sent end,
        n.receive_attempts,
        case when b.began_at is null then coalesce(c.received, 0) else b.received end,
        n.transmit_attempts + n.receive_attempts - case when b.began_at is null then coalesce(c.attempts, 0) else b.attempts end,
        r.completed - case when k.restarted then 0 else r.completed_before end,
        case when b.began_at is null then coalesce(c.completed, 0) else b.completed end,
        r.failed - case when k.restarted then 0 else r.failed_before end,
        case when b.began_at is null then coalesce(c.failed, 0) else b.failed end
    from reading r
    left join counted c on c.collector_id = r.collector_id and c.to_at = r.observed_at
    left join restarted b on b.collector_id = r.collector_id and b.to_at = r.observed_at
    cross join lateral (
        select coalesce(
            r.transmit_attempts < r.transmit_attempts_before or r.receive_attempts < r.receive_attempts_before
            or r.completed < r.completed_before or r.failed < r.failed_before, false) or b.began_at is not null as restarted
    ) k
    cross join lateral (
        select
            r.transmit_attempts - case when k.restarted then 0 else r.transmit_attempts_before end as transmit_attempts,
            r.receive_attempts - case when k.restarted then 0 else r.receive_attempts_before end as receive_attempts
    ) n
    where r.observed_at >= from_moment;
end
$$;
