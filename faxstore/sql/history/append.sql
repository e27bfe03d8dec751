-- Appends one staged batch (fax.staged_row) to the history. There is no other way in.
-- Positions are gapless and in commit order. A row whose session and observed_at already exist is a repeat and ignored.
-- example: copy fax.staged_row (…) from stdin; select * from fax.append('…', 'host1');
create function fax.append(
    append_batch uuid, append_collector text,
    out appended bigint, out repeats bigint, out first_position bigint, out last_position bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    base bigint;
    staged bigint;
begin
    perform fax.lock_append();
    perform fax.register_sessions(append_batch);
    select coalesce(max(b.last_position), 0) into base from fax.append_batch b;

    -- A scalar subquery probes the key of one partition per row, whatever sizes the planner estimates.
    insert into fax.session_history (
        session_id, started_at, observed_at, position, data_rate, x_resolution, y_resolution, page_number,
        pages_transmitted, pages_received, total_bad_lines, error_correction_mode, event, operation, state,
        session_type, collector_id, file_name, details)
    select
        n.session_id, n.started_at, n.observed_at, base + row_number() over (order by n.ordinal),
        n.data_rate, n.x_resolution, n.y_resolution, n.page_number, n.pages_transmitted, n.pages_received,
        n.total_bad_lines, n.error_correction_mode, n.event, n.operation, n.state, n.session_type,
        append_collector, n.file_name, n.details
    from (
        select distinct on (r.session_id, r.observed_at) r.*, s.started_at
        from fax.staged_row r
        join fax.session s on s.session_id = r.session_id
        where r.batch = append_batch
        order by r.session_id, r.observed_at, r.ordinal
    ) n
    where (select h.position from fax.session_history h
           where h.session_id = n.session_id and h.started_at = n.started_at and h.observed_at = n.observed_at) is null;
    get diagnostics appended = row_count;

    delete from fax.staged_row r where r.batch = append_batch;
    get diagnostics staged = row_count;
    repeats := staged - appended;
    if appended > 0 then
        first_position := base + 1;
        last_position := base + appended;
        insert into fax.append_batch (first_position, last_position, rows, collector_id)
        values (append.first_position, append.last_position, appended, append_collector);
    end if;
end
$$;
