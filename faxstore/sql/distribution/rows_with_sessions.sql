-- As in faxstore/sql/history/rows_with_sessions.sql. Each node joins its own rows and sessions.
create or replace function fax.rows_with_sessions(first_row bigint, last_row bigint)
returns table (
    session_id uuid, started_at timestamptz, observed_at timestamptz, "position" bigint, data_rate integer,
    x_resolution integer, y_resolution integer, page_number integer, pages_transmitted integer, pages_received integer,
    total_bad_lines integer, error_correction_mode boolean, event text, operation text, state text, session_type text,
    collector_id text, file_name text, details jsonb, server text, epoch_id uuid, session_number bigint
)
language plpgsql stable parallel safe
as $$
#variable_conflict use_column
begin
    return query
    select
        h.session_id, h.started_at, h.observed_at, h.position, h.data_rate, h.x_resolution, h.y_resolution, h.page_number,
        h.pages_transmitted, h.pages_received, h.total_bad_lines, h.error_correction_mode,
        coalesce(h.event, 'FAXSession'),
        coalesce(h.operation, fax.snapshot_operation(h.words)),
        coalesce(h.state, fax.snapshot_state(h.words)),
        coalesce(h.session_type, fax.snapshot_type(h.words)),
        c.collector_id, h.file_name, h.details, s.server, s.epoch_id, s.session_number
    from (
        select
            o.session_id, o.started_at, o.observed_at, o.position, o.data_rate, o.x_resolution, o.y_resolution,
            o.page_number, o.pages_transmitted, o.pages_received, o.total_bad_lines, o.error_correction_mode, o.event,
            o.operation, o.state, o.session_type, o.collector, o.words, o.file_name, o.details
        from fax.observation o
        where o.position between first_row and last_row
        union all
        select
            p.session_id, p.started_at, r.observed_at, r.position, r.data_rate, r.x_resolution, r.y_resolution,
            r.page_number, r.pages_transmitted, r.pages_received, r.total_bad_lines, r.error_correction_mode, r.event,
            r.operation, r.state, r.session_type, r.collector, r.words, r.file_name, r.details
        from fax.session_pack p
        cross join lateral unnest(p.rows) r
        where p.first_position <= last_row and p.last_position >= first_row
          and r.position between first_row and last_row
    ) h
    left join fax.session s on s.session_id = h.session_id
    left join fax.collector c on c.collector = h.collector;
end
$$;
