-- grain: one server that was ever polled, with the gap that lasts until now, if there is one
-- Reads the evidence of the last hour: a gap that is longer begins an hour ago.
select
    s.server,
    g.reason,
    extract(epoch from now() - g.began_at)::bigint as seconds
from fax.polled_servers s
left join lateral (
    select a.began_at, a.reason
    from fax.gaps(s.server, now() - interval '1 hour', 'infinity') a
    where a.ended_at = 'infinity' and a.began_at < now()
) g on true
where %(servers)s::text[] is null or s.server = any (%(servers)s::text[])
order by s.server
