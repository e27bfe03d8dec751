-- The time between two moments in which an observer polled a server successfully, from the evidence of each poll.
-- A recorded poll (Polled) covers the time until its observer's next one, if that follows within 150 s (they are
-- recorded once per minute). If the connection or the polls failed within an hour, it covers the time until the last
-- complete list (LastPolled), at most 150 s. If its observer was killed, it covers the time until the last row that a
-- poll of its left in the history within 150 s (fax.last_poll_on_record). Records that an observer dropped (Dropped) cut
-- their time out of it. So a row says nothing about time more than an hour before it or 150 s after it.
-- example: select fax.polled_time('pbx1', '2026-11-23', '2026-11-24');
create function fax.polled_time(of_server text, since timestamptz, until timestamptz) returns tstzmultirange
language sql stable parallel safe
set plan_cache_mode = force_generic_plan  -- planning costs more than the fold of a session's time
begin atomic
    with evidence as (
        select
            h.observed_at,
            h.event,
            h.collector_id,
            fax.reported_time(h.details, 'LastPolled') as last_polled_at,
            fax.reported_time(h.details, 'Previous') as previous_at,
            case when h.event = 'Dropped' then fax.dropped_time(h.observed_at, h.details) end as dropped
        from fax.server_history h
        where h.server = of_server
          and h.observed_at >= since - interval '150 seconds' and h.observed_at <= until + interval '1 hour'
          and h.event in ('Polled', 'PollFailed', 'Connected', 'Disconnected', 'ConnectFailed', 'Dropped')
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
        window in_order as (partition by e.collector_id order by e.observed_at, e.event)
    ),
    polled as (
        select f.collector_id, range_agg(tstzrange(f.observed_at, greatest(f.observed_at, case
            when f.next_event in ('Disconnected', 'PollFailed') and f.next_at <= f.observed_at + interval '1 hour'
                then f.next_last_polled_at
            when f.next_event = 'Polled' and f.next_previous_at is not null and f.next_at <= f.observed_at + interval '1 hour'
                then f.next_previous_at
            when f.next_event = 'Polled' and f.next_at <= f.observed_at + interval '150 seconds' then f.next_at
            -- its next record is not due yet, and no other observer has connected since
            when f.next_event is null and f.observed_at > now() - interval '150 seconds' and not exists (
                select 1 from evidence o
                where o.event = 'Connected' and o.collector_id <> f.collector_id and o.observed_at > f.observed_at) then now()
            else fax.last_poll_on_record(
                of_server, f.collector_id, f.observed_at, least(f.next_at, f.observed_at + interval '150 seconds'))
        end), '[]') * tstzrange(f.observed_at, f.observed_at + interval '150 seconds', '[]')) as time
        from followed f
        where f.event = 'Polled' and f.observed_at <= until
        group by f.collector_id
    ),
    dropped as (
        select e.collector_id, range_agg(e.dropped) as time
        from evidence e
        where e.event = 'Dropped'
        group by e.collector_id
    )
    select coalesce(
        range_agg(p.time - coalesce(d.time, '{}')) * tstzmultirange(case when since <= until then tstzrange(since, until, '[]') end),
        '{}')
    from polled p
    left join dropped d on d.collector_id = p.collector_id;
end;
