-- The rows of the history between two positions, both included, in no order. Opens only packs that overlap the range.
-- example: select position, session_id, event from fax.rows_between(1001, 2000) order by position;
create function fax.rows_between(first_row bigint, last_row bigint) returns setof fax.session_history
language sql stable parallel safe
begin atomic
    select
        h.session_id, h.started_at, h.observed_at, h.position, h.data_rate, h.x_resolution, h.y_resolution, h.page_number,
        h.pages_transmitted, h.pages_received, h.total_bad_lines, h.error_correction_mode,
        coalesce(h.event, 'FAXSession'),
        coalesce(h.operation, fax.snapshot_operation(h.words)),
        coalesce(h.state, fax.snapshot_state(h.words)),
        coalesce(h.session_type, fax.snapshot_type(h.words)),
        (array(select c.collector_id from fax.collector c order by c.collector))[h.collector],
        h.file_name, h.details
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
    ) h;
end;
