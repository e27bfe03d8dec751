-- The rows of one server's sessions that started in a period, by session and time, for faxstore/archive/writing.py. Its
-- settings make PostgreSQL read one session after the other, so nothing is sorted.
select
    h.session_id, h.started_at, h.observed_at, h.position, h.data_rate, h.x_resolution, h.y_resolution, h.page_number,
    h.pages_transmitted, h.pages_received, h.total_bad_lines, h.error_correction_mode, h.event, h.operation, h.state,
    h.session_type, h.collector_id, h.file_name, h.details
from (
    select s.session_id, s.started_at
    from fax.session s
    where s.server = {server} and s.started_at >= {began} and s.started_at < {ends}
    order by s.started_at, s.session_id
) s
cross join lateral (
    select i.* from fax.session_history i where i.session_id = s.session_id and i.started_at = s.started_at offset 0
) h
