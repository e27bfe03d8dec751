-- How much of the period, from a server's first poll to its end or now, good polls cover (fax.gaps). The share is
-- truncated, not rounded, so that no period with a gap has share 1.
select
    s.server,
    w.from_at,
    w.to_at,
    extract(epoch from w.to_at - w.from_at) as seconds,
    g.seconds_without_poll,
    g.gaps,
    trunc(1 - g.seconds_without_poll / nullif(extract(epoch from w.to_at - w.from_at), 0), 6) as share_covered
from unnest(%(servers)s::text[]) s (server)
cross join lateral (
    select min(h.observed_at) as first_polled_at from fax.server_history h where h.server = s.server and h.event = 'Polled'
) p
left join lateral (
    select greatest(p.first_polled_at, %(since)s) as from_at, least(now(), %(until)s) as to_at
    where p.first_polled_at < least(now(), %(until)s) and %(since)s < now()
) w on true
left join lateral (
    select count(*) as gaps, coalesce(sum(extract(epoch from a.ended_at - a.began_at)), 0) as seconds_without_poll
    from fax.gaps(s.server, w.from_at, w.to_at) a
) g on w.from_at is not null
order by s.server;
