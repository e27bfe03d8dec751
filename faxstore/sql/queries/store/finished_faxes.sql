-- The figures of some faxes, without personal values, and whether each has ended.
select
    s.session_id, s.server, s.direction, s.result, s.result_class, s.pages, s.bad_lines, s.ended_at is not null as ended
from fax.sessions s
where s.session_id = any(%s) and s.direction is distinct from 'detector';
