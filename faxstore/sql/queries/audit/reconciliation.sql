-- fax.reconciliation summed over the period, by server and observer. Instead of each interval, it compares the first
-- and last reading of each life of the counters, and the last reading with the first one of the next (fax.reconcile).
with counted as (
    select
        h.server,
        h.collector_id,
        h.observed_at,
        h.event,
        array[fax.counter(h.details, 'TransmitAttempts'), fax.counter(h.details, 'ReceiveAttempts'),
              fax.counter(h.details, 'CompletedFAXes'), fax.counter(h.details, 'FailedFAXes')] as counters,
        count(*) filter (where h.event <> 'FAXStats') over (partition by h.server order by h.observed_at) as starts
    from fax.server_history h
    where h.server = any (%(servers)s) and h.observed_at >= %(since)s and h.observed_at < %(until)s
      and h.event in ('FAXStats', 'FullyBooted', 'Load')
),
reading as (
    select
        t.*,
        lag(t.observed_at) over in_order as before_at,
        lag(t.counters) over in_order as before,
        lag(t.starts) over in_order as starts_before
    from counted t
    where t.event = 'FAXStats'
    window in_order as (partition by t.server, t.collector_id order by t.observed_at)
),
begun as (
    select
        r.server,
        r.collector_id,
        r.observed_at,
        r.before_at,
        case
            when r.before_at is null then true
            when exists (select 1 from unnest(r.counters, r.before) c (later, earlier) where c.later < c.earlier) then true
            when r.starts > r.starts_before then exists (
                select from fax.restarted_at(r.server, r.before_at, r.observed_at) n where n.began_at is not null)
            else false
        end as begins
    from reading r
),
life as (
    select
        b.server,
        b.collector_id,
        b.life,
        min(b.observed_at) as from_at,
        max(b.observed_at) as to_at,
        min(b.before_at) filter (where b.begins) as before_at
    from (
        select c.*, count(*) filter (where c.begins) over (partition by c.server, c.collector_id order by c.observed_at) as life
        from begun c
    ) b
    group by b.server, b.collector_id, b.life
),
compared as (
    select l.server, l.collector_id, n.*
    from life l
    cross join lateral (
        values (l.before_at, l.from_at), (l.from_at, l.to_at)
    ) v (from_at, to_at)
    cross join lateral fax.reconcile(l.server, v.from_at, v.to_at) n
    where v.from_at < v.to_at
)
select
    c.server,
    c.collector_id,
    min(c.from_at) as from_at,
    max(c.to_at) as to_at,
    count(*) filter (where c.restarted) as restarts,
    sum(c.transmit_attempts + c.receive_attempts)::bigint as attempts,
    sum(c.transmit_attempts + c.receive_attempts - c.attempts_missed)::bigint as attempts_seen,
    sum(c.attempts_missed)::bigint as attempts_missed,
    sum(c.completed)::bigint as completed,
    sum(c.completed_seen)::bigint as completed_seen,
    sum(c.failed)::bigint as failed,
    sum(c.failed_seen)::bigint as failed_seen
from compared c
group by c.server, c.collector_id
order by c.server, c.collector_id;
