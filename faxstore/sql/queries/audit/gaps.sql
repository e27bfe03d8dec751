-- The gaps that overlap the period, unclipped; seconds count only the period.
select
    g.server,
    g.began_at,
    g.ended_at,
    extract(epoch from least(g.ended_at, now(), %(until)s) - greatest(g.began_at, %(since)s)) as seconds,
    g.sessions,
    g.missed_faxes,
    g.reasons,
    g.messages
from fax.coverage_gaps g
where g.server = any (%(servers)s) and g.began_at < %(until)s and coalesce(g.ended_at, 'infinity') > %(since)s
order by g.server, g.began_at;
