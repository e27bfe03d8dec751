-- The faxes of a period that ended without success, by their class; without a result on the wire the class is NULL.
select
    row_number() over (order by count(*) desc, s.result_class) as place,
    s.result_class,
    count(*) as sessions,
    count(*) filter (where s.pages > 0) as after_a_page,
    round(count(*)::numeric / min(s.faxes), 4) as share,
    max(s.started_at) as last_started_at
from (
    select f.result, f.result_class, f.pages, f.started_at, count(*) over () as faxes
    from fax.sessions f
    where f.started_at >= %(since)s and f.started_at < %(until)s and f.server = any (%(servers)s::text[])
      and f.direction is distinct from 'detector' and f.end_observed_by <> 'open'
) s
where s.result <> 'success'
group by s.result_class
