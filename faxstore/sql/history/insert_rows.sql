-- Inserts rows into the history at the positions after the last one, in their order, with their row of
-- fax.append_batch, and returns their number. Both are of one (sub)transaction, so that their xmin is equal.
-- Raises unique_violation if one is stored already. Rows go in by time, so that the key grows at its end and its
-- pages are full. Removes the totals of sessions that receive late rows. Coverage and comparisons with the server's counters
-- are stored two hours late, so only rows and sessions that began over an hour ago may change them; `oldest` is the time
-- of the first row.
create function fax.insert_rows(append_collector text, oldest timestamptz, rows fax.appended_row[]) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    base bigint;
    observer integer;
    inserted bigint;
    began timestamptz;
    late uuid[];
    recent constant timestamptz := now() - interval '1 hour';
begin
    if cardinality(rows) = 0 then
        return 0;
    end if;
    loop
        insert into fax.append_batch as a (last_position, rows, collector)
        select l.position + cardinality(rows), cardinality(rows), c.collector
        from (select coalesce(max(b.last_position), 0) as position from fax.append_batch b) l
        cross join fax.collector c
        where c.collector_id = append_collector
        returning a.last_position - a.rows, a.collector into base, observer;
        exit when base is not null;
        insert into fax.collector (collector, collector_id)
        select coalesce(max(c.collector), 0) + 1, append_collector from fax.collector c;
    end loop;
    with stored as (
        insert into fax.observation (
            session_id, started_at, observed_at, position, data_rate, x_resolution, y_resolution, page_number,
            pages_transmitted, pages_received, total_bad_lines, collector, words, error_correction_mode, event, operation,
            state, session_type, file_name, details)
        select
            r.session_id, s.started_at, r.observed_at, base + r.ordinality, r.data_rate, r.x_resolution, r.y_resolution,
            r.page_number, r.pages_transmitted, r.pages_received, r.total_bad_lines, observer, r.words,
            r.error_correction_mode,
            case when r.words is null then r.event end,
            case when r.words is null then r.operation end,
            case when r.words is null then r.state end,
            case when r.words is null then r.session_type end,
            r.file_name, r.details
        from (
            select n.*, fax.snapshot_words(n.event, n.operation, n.state, n.session_type) as words
            from unnest(rows) with ordinality n
            order by n.observed_at
        ) r
        join fax.session s on s.session_id = r.session_id
        returning session_id, started_at
    )
    select coalesce(sum(n.rows), 0), min(n.started_at), array_agg(n.session_id) filter (where u.session_id is null)
    into inserted, began, late
    from (select i.session_id, i.started_at, count(*) as rows from stored i group by i.session_id, i.started_at) n
    left join fax.session_untotalled u on u.session_id = n.session_id;
    if inserted <> cardinality(rows) then
        raise exception 'a row names a session that was not registered' using errcode = 'foreign_key_violation';
    end if;
    if oldest < recent then
        perform fax.forget_coverage_of_rows(rows);
    end if;
    if late is not null then
        perform fax.forget_totals(late);
    end if;
    if began < recent then
        perform fax.forget_reconciliation(array_agg(s.server), array_agg(s.started_at), interval '1 day')
        from (select distinct n.session_id from unnest(rows) n) r
        join fax.session s on s.session_id = r.session_id
        where s.started_at < recent;
    end if;
    return inserted;
end
$$;
