-- The faxes of a period with the most bad lines, those of discarded attempts included; then those whose rate fell most.
select
    row_number() over (order by s.all_bad_lines desc, s.rate_falls desc, s.started_at, s.session_id) as place,
    s.session_id,
    s.started_at,
    s.server,
    s.direction,
    s.caller_number,
    s.called_number,
    s.pages,
    s.duration_seconds,
    s.bad_lines,
    s.bad_lines_discarded,
    s.rate_falls,
    s.lowest_data_rate,
    s.result
from (
    select f.*, coalesce(f.bad_lines, 0) + coalesce(f.bad_lines_discarded, 0) as all_bad_lines
    from fax.sessions f
    where f.started_at >= %(since)s and f.started_at < %(until)s and f.server = any (%(servers)s::text[])
      and f.direction is distinct from 'detector'
) s
where s.all_bad_lines > 0 or s.rate_falls > 0
order by place
limit 20
