-- grain: one interval of one server: at most one row
-- example: select * from fax.reconcile('pbx1', '2026-11-23 14:00+00', '2026-11-23 15:00+00');
-- Compares what a server counted between two of its FAXStats readings with the sessions observed in that time
-- (fax.compare_readings). The readings are the last one up to from_moment and the first one from to_moment on. No row if
-- one of them is missing.
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
    select n.*
    from (
        select h.observed_at, h.details
        from fax.server_history h
        where h.server = of_server and h.event = 'FAXStats' and h.observed_at <= from_moment
        order by h.observed_at desc limit 1
    ) b
    cross join (
        select h.observed_at, h.details
        from fax.server_history h
        where h.server = of_server and h.event = 'FAXStats' and h.observed_at >= to_moment
        order by h.observed_at limit 1
    ) a
    cross join lateral fax.compare_readings(of_server, b.observed_at, b.details, a.observed_at, a.details) n;
end;
