-- The rows of the history between two positions, both included, in no order, with what identifies their sessions; NULL if a
-- session is not registered. The log reads them.
-- example: select position, server, session_number, event from fax.rows_with_sessions(1001, 2000) order by position;
create function fax.rows_with_sessions(first_row bigint, last_row bigint)
returns table (
    session_id uuid, started_at timestamptz, observed_at timestamptz, "position" bigint, data_rate integer,
    x_resolution integer, y_resolution integer, page_number integer, pages_transmitted integer, pages_received integer,
    total_bad_lines integer, error_correction_mode boolean, event text, operation text, state text, session_type text,
    collector_id text, file_name text, details jsonb, server text, epoch_id uuid, session_number bigint
)
language sql stable parallel safe
begin atomic
    select h.*, s.server, s.epoch_id, s.session_number
    from fax.rows_between(first_row, last_row) h
    left join fax.session s on s.session_id = h.session_id;
end;
