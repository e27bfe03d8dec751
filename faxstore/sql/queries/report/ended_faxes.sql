-- grain: one of some faxes that has ended, as fax.sessions has it, by its end
select
    f.session_id, f.server, f.direction, f.caller_number, f.called_number, f.pages, f.bad_lines, f.duration_seconds,
    f.ended_at, f.result, f.result_text
from unnest(%(sessions)s::uuid[]) i (session_id)
cross join lateral (select s.session_id, s.started_at from fax.session s where s.session_id = i.session_id offset 0) s
cross join lateral (
    select f.* from fax.sessions f where f.session_id = s.session_id and f.started_at = s.started_at offset 0
) f
where f.end_observed_by <> 'open'
order by f.ended_at, f.session_id
