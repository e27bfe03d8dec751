-- What is unknown about the faxes that started in the period, by server: sessions, and in the last row whole seconds.
with counted as (
    select
        s.server,
        count(*) filter (where s.end_observed_by = 'open') as open,
        count(*) filter (where s.end_observed_by = 'server_restart') as cut_off,
        count(*) filter (where s.end_observed_by <> 'open' and s.result = 'unknown') as no_result,
        count(*) filter (where s.snapshots = 0) as not_polled,
        count(*) filter (where s.pages is null) as no_pages,
        count(*) filter (where s.end_observed_by <> 'open' and s.duration_seconds is null) as no_duration,
        count(*) filter (where not s.bad_lines_measurable) as not_measurable,
        count(*) filter (where s.bad_lines_lower_bound) as lower_bound,
        count(*) filter (where s.overlaps_gap) as in_gap
    from fax.sessions s
    where s.started_at >= %(since)s and s.started_at < %(until)s
      and s.server = any (%(servers)s) and s.direction is distinct from 'detector'
    group by s.server
)
select s.server, w.what, coalesce(w.number, 0) as number
from unnest(%(servers)s::text[]) s (server)
left join counted c on c.server = s.server
cross join lateral (
    select min(h.observed_at) as first_polled_at from fax.server_history h where h.server = s.server and h.event = 'Polled'
) p
cross join lateral (values
    (1, 'sessions still open: they may have ended unobserved', c.open),
    (2, 'sessions cut off by a restart of the server: their end was not observed', c.cut_off),
    (3, 'sessions that ended without a result on the wire', c.no_result),
    (4, 'sessions that no poll observed, known only from their events', c.not_polled),
    (5, 'sessions without reported pages', c.no_pages),
    (6, 'sessions that ended without a known duration: only their end was observed, or a clock was set back', c.no_duration),
    (7, 'sessions whose bad lines cannot be measured (senders, ECM, gateways)', c.not_measurable),
    (8, 'sessions whose bad lines are a lower bound', c.lower_bound),
    (9, 'sessions that overlap a gap in the coverage', c.in_gap),
    (10, 'seconds of the period before the first poll',
        round(extract(epoch from greatest(least(p.first_polled_at, now(), %(until)s) - %(since)s, interval '0')))::bigint)
) w (place, what, number)
order by s.server, w.place;
