-- The intervals between two moments in which no observer polled a server successfully.
-- A recorded poll (Polled) covers the time until its observer's next one, if that follows within 150 s (they are
-- recorded once per minute). If the connection or the polls failed in between, it covers the time until the last
-- complete list (LastPolled). If its observer was killed, it covers the time until the last row that a poll of its left
-- in the history within 150 s (fax.last_poll_on_record). Records that an observer dropped (Dropped, with From and To, at most an hour) cut their
-- time out of it.
-- example: select * from fax.gaps('pbx1', '2026-11-23', '2026-11-24');
create function fax.gaps(of_server text, since timestamptz, until timestamptz)
returns table (began_at timestamptz, ended_at timestamptz, reason text, reasons text[], messages text[])
language sql stable parallel safe
begin atomic
    with evidence as (
        select
            h.observed_at,
            h.event,
            h.details ->> 'Reason' as message,
            h.collector_id,
            fax.reported_time(h.details, 'LastPolled') as last_polled_at,
            fax.reported_time(h.details, 'Previous') as previous_at,
            case when h.event = 'Dropped' then least(h.observed_at, fax.reported_time(h.details, 'From')) else h.observed_at end as from_at,
            case when h.event = 'Dropped' then greatest(h.observed_at, fax.reported_time(h.details, 'To')) else h.observed_at end as to_at
        from fax.server_history h
        where h.server = of_server
          and h.observed_at >= since - interval '150 seconds' and h.observed_at <= until + interval '1 hour'
          and (h.observed_at <= until + interval '150 seconds' or h.event = 'Dropped')
          and h.event in ('Polled', 'PollFailed', 'Connected', 'Disconnected', 'ConnectFailed', 'Dropped')
    ),
    -- the events that give reasons: few rows among many polls
    trouble as materialized (
        select e.* from evidence e where e.event <> 'Polled' or e.previous_at is not null
    ),
    followed as (
        select
            e.*,
            lead(e.event) over in_order as next_event,
            lead(e.observed_at) over in_order as next_at,
            lead(e.last_polled_at) over in_order as next_last_polled_at,
            lead(e.previous_at) over in_order as next_previous_at
        from evidence e
        where e.event <> 'Dropped'
        window in_order as (partition by e.collector_id order by e.observed_at)
    ),
    polled as (
        select f.collector_id, range_agg(tstzrange(f.observed_at, greatest(f.observed_at, case
            when f.next_event in ('Disconnected', 'PollFailed') then f.next_last_polled_at
            when f.next_event = 'Polled' and f.next_previous_at is not null then f.next_previous_at
            when f.next_event = 'Polled' and f.next_at <= f.observed_at + interval '150 seconds' then f.next_at
            -- its next record is not due yet, and no other observer has connected since
            when f.next_event is null and f.observed_at > now() - interval '150 seconds' and not exists (
                select 1 from trouble o
                where o.event = 'Connected' and o.collector_id <> f.collector_id and o.observed_at > f.observed_at) then now()
            when f.observed_at < until then fax.last_poll_on_record(
                of_server, f.collector_id, f.observed_at, least(f.next_at, f.observed_at + interval '150 seconds'))
        end), '[]')) as time
        from followed f
        where f.event = 'Polled'
        group by f.collector_id
    ),
    dropped as (
        select e.collector_id, range_agg(tstzrange(e.from_at, e.to_at, '[]')) as time
        from evidence e
        where e.event = 'Dropped'
        group by e.collector_id
    ),
    covered as (
        select range_agg(p.time - coalesce(d.time, '{}')) as time
        from polled p
        left join dropped d on d.collector_id = p.collector_id
    ),
    gap as (
        select lower(g.time) as began_at, upper(g.time) as ended_at
        from covered c
        cross join lateral unnest(
            tstzmultirange(case when since <= until then tstzrange(since, until, '[]') end) - coalesce(c.time, '{}')) as g (time)
    )
    select
        g.began_at,
        g.ended_at,
        coalesce(w.reasons[1], 'collector down'),
        coalesce(w.reasons, array['collector down']),
        w.messages
    from gap g
    cross join lateral (
        select
            array_agg(r.reason order by r.first_at) as reasons,
            (select array_agg(t.message order by t.first_at)
             from (select e.message, min(e.from_at) as first_at from trouble e
                   where e.to_at >= g.began_at and e.from_at <= g.ended_at and e.message is not null
                   group by e.message) t) as messages
        from (
            select p.reason, min(p.from_at) as first_at
            from (
                select
                    e.from_at,
                    -- An observer that connects without a recorded loss of its connection was not running.
                    case when e.event = 'ConnectFailed' and row_number() over (order by e.from_at) = 1 then 'collector down'
                         else fax.gap_reason(e.event, e.message) end as reason
                from trouble e
                where e.to_at >= g.began_at and e.from_at <= g.ended_at
                  and (e.event <> 'Connected' or not exists (
                      select 1 from trouble d
                      where d.event in ('Disconnected', 'ConnectFailed') and d.observed_at >= g.began_at and d.observed_at < e.observed_at))
            ) p
            group by p.reason
        ) r
    ) w;
end;
