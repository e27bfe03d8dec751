-- The faxes that started in the period, by server, direction and result, without tone detectors.
select
    s.server,
    s.direction,
    s.result,
    count(*) as sessions,
    sum(s.pages) as pages,
    sum(s.bad_lines)::bigint as bad_lines,
    sum(s.duration_seconds) as seconds
from fax.sessions s
where s.started_at >= %(since)s and s.started_at < %(until)s
  and s.server = any (%(servers)s) and s.direction is distinct from 'detector'
group by s.server, s.direction, s.result
order by s.server, s.direction, s.result desc;
