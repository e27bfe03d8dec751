-- When res_fax.so was reloaded between the newest epoch of a start and the first observation of that start by an
-- observer. Evidence is the last Load or Unload on record, or counters (FAXStats) of that observer that fell.
-- NULL if there is no evidence, or if an epoch for the reload exists.
-- example: select fax.unseen_reload('pbx1', '2026-11-23 08:00+00', null, '2026-11-23 09:00+00', 'host-a/5f3c9a1b');
create function fax.unseen_reload(
    of_server text, started timestamptz, startup text, first_seen timestamptz, observer text
) returns timestamptz
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    with newest as (
        select coalesce(e.reloaded_at, e.first_seen_at) as began_at, e.last_seen_at
        from fax.epoch e
        where e.epoch_id = fax.newest_epoch(of_server, started, startup, first_seen)
    ),
    loaded as (
        select max(h.observed_at) as at
        from newest n
        join fax.server_history h
            on h.server = of_server
            and h.observed_at > greatest(n.began_at + interval '2 seconds', n.last_seen_at - interval '5 minutes')
            and h.observed_at < first_seen
        where h.event in ('Load', 'Unload')
          and lower(h.details ->> 'Module') in ('res_fax.so', 'res_fax')
          and lower(coalesce(h.details ->> 'Status', 'success')) in ('', 'success')
    ),
    counted as (
        select first_seen as at
        from newest n
        cross join lateral (
            select h.details from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.collector_id = observer
              and h.observed_at > n.began_at and h.observed_at < first_seen
            order by h.observed_at desc limit 1
        ) b
        cross join lateral (
            select h.details from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.collector_id = observer
              and h.observed_at >= first_seen and h.observed_at < first_seen + interval '1 minute'
            order by h.observed_at limit 1
        ) a
        cross join unnest(array['TransmitAttempts', 'ReceiveAttempts', 'CompletedFAXes', 'FailedFAXes']) as c (name)
        where fax.counter(a.details, c.name) < fax.counter(b.details, c.name)
    )
    select coalesce((select l.at from loaded l), (select max(c.at) from counted c))
$$;
