-- grain: one fax in progress, as fax.sessions has it, by server and start
-- bad_lines has the complete pages, page_bad_lines the current one; NULL if they are not measurable.
-- Reads the sessions that are open in the newest life of each server, so a long history does not slow it down. The next
-- life of a server ends its sessions; of two lives, the newer one may have been observed first.
with recursive known (server) as (
    select min(e.server) from fax.epoch e
    union all
    select (select min(e.server) from fax.epoch e where e.server > k.server) from known k where k.server is not null
)
select
    f.session_id, f.server, f.direction, f.caller_number, f.called_number, f.page, f.last_data_rate, f.bad_lines,
    case when f.bad_lines_measurable then o.bad_lines end as page_bad_lines,
    extract(epoch from now() - s.started_at)::bigint as seconds,
    extract(epoch from now() - o.observed_at)::bigint as seconds_since_observed
from known k
cross join lateral (
    select e.epoch_id from fax.epoch e where e.server = k.server order by e.first_seen_at desc limit 2
) e
cross join lateral (
    select s.session_id, s.started_at
    from fax.session s
    where s.epoch_id = e.epoch_id and s.is_open and s.is_fax and s.session_number is not null
      and s.operation is distinct from 'V.21'
    offset 0
) s
cross join lateral (
    select
        f.session_id, f.server, f.direction, f.caller_number, f.called_number, f.pages + 1 as page, f.last_data_rate,
        f.bad_lines, f.bad_lines_measurable, f.end_observed_by
    from fax.sessions f
    where f.session_id = s.session_id and f.started_at = s.started_at
    offset 0
) f
cross join lateral (
    select
        max(h.observed_at) as observed_at,
        (array_agg(h.total_bad_lines order by h.observed_at desc) filter (where h.event = 'FAXSession'))[1] as bad_lines
    from fax.session_history h
    where h.session_id = s.session_id and h.started_at = s.started_at
) o
where f.end_observed_by = 'open' and (%(servers)s::text[] is null or k.server = any (%(servers)s::text[]))
order by f.server, s.started_at, f.session_id
