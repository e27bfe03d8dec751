-- The intervals between two moments in which no observer polled a server successfully (fax.covered_time), with the
-- reasons that were recorded in each.
-- example: select * from fax.gaps('pbx1', '2026-11-23', '2026-11-24');
create function fax.gaps(of_server text, since timestamptz, until timestamptz)
returns table (began_at timestamptz, ended_at timestamptz, reason text, reasons text[], messages text[])
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select
        g.began_at,
        g.ended_at,
        coalesce(w.reasons[1], 'collector down'),
        coalesce(w.reasons, array['collector down']),
        w.messages
    from (
        select lower(n.time) as began_at, upper(n.time) as ended_at
        from unnest(tstzmultirange(case when since <= until then tstzrange(since, until, '[]') end)
                    - fax.covered_time(of_server, since, until)) as n (time)
    ) g
    cross join lateral (
        with trouble as (
            select h.observed_at, h.event, h.details ->> 'Reason' as message, lower(t.time) as from_at
            from fax.server_history h
            cross join lateral (
                select case when h.event = 'Dropped' then fax.dropped_time(h.observed_at, h.details)
                            else tstzrange(h.observed_at, h.observed_at, '[]') end as time
            ) t
            where h.server = of_server
              and h.observed_at >= g.began_at and h.observed_at <= g.ended_at + interval '1 hour'
              and (h.event in ('PollFailed', 'Connected', 'Disconnected', 'ConnectFailed', 'Dropped')
                   or (h.event = 'Polled' and h.details ? 'Previous'))
              and (h.event <> 'Polled' or fax.reported_time(h.details, 'Previous') is not null)
              and t.time && tstzrange(g.began_at, g.ended_at, '[]')
        )
        select
            array_agg(r.reason order by r.first_at, r.reason) as reasons,
            (select array_agg(m.message order by m.first_at, m.message)
             from (select e.message, min(e.from_at) as first_at from trouble e where e.message is not null
                   group by e.message) m) as messages
        from (
            select p.reason, min(p.from_at) as first_at
            from (
                select
                    e.from_at,
                    -- An observer that connects without a recorded loss of its connection was not running.
                    case when e.event = 'ConnectFailed' and row_number() over (order by e.from_at, e.event) = 1 then 'collector down'
                         else fax.gap_reason(e.event, e.message) end as reason
                from trouble e
                where e.event <> 'Connected' or not exists (
                    select 1 from trouble d
                    where d.event in ('Disconnected', 'ConnectFailed') and d.observed_at < e.observed_at)
            ) p
            group by p.reason
        ) r
    ) w;
end
$$;
