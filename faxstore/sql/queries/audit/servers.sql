-- The servers of the report: first and last observations, and starts in the period.
select
    s.server,
    least(o.first_observed_at, f.started_at) as first_observed_at,
    p.first_polled_at,
    l.last_polled_at,
    (select count(*) from fax.epoch e
     where e.server = s.server and coalesce(e.reloaded_at, e.started_at, e.first_seen_at) >= %(since)s
       and coalesce(e.reloaded_at, e.started_at, e.first_seen_at) < %(until)s) as starts
from unnest(%(servers)s::text[]) s (server)
cross join lateral (select min(h.observed_at) as first_observed_at from fax.server_history h where h.server = s.server) o
cross join lateral (select fax.first_start(s.server) as started_at) f
cross join lateral (
    select min(h.observed_at) as first_polled_at from fax.server_history h where h.server = s.server and h.event = 'Polled'
) p
cross join lateral (
    select max(h.observed_at) as last_polled_at
    from fax.server_history h
    where h.server = s.server and h.event = 'Polled' and h.observed_at < %(until)s
) l
order by s.server;
