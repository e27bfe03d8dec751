-- As in faxstore/sql/history/insert_rows.sql. The starts of the sessions are read first, so that each row is sent to the
-- node of its session only; and repeats are removed first, because the error of a node is no unique_violation here.
create or replace function fax.insert_rows(append_collector text, oldest timestamptz, rows fax.appended_row[]) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    base bigint;
    observer integer;
    inserted bigint;
    of_rows uuid[];
    known fax.session[];
    untotalled uuid[];
    late uuid[];
    servers text[];
    moments timestamptz[];
    recent constant timestamptz := now() - interval '1 hour';
begin
    rows := fax.without_repeats(rows);
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
    of_rows := array(select distinct n.session_id from unnest(rows) n);
    known := fax.sessions_of(of_rows);
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
    join unnest(known) s on s.session_id = r.session_id;
    get diagnostics inserted = row_count;
    if inserted <> cardinality(rows) then
        raise exception 'a row names a session that was not registered' using errcode = 'foreign_key_violation';
    end if;
    if oldest < recent then
        perform fax.forget_coverage_of_rows(rows);
    end if;
    untotalled := array(select u.session_id from fax.untotalled_of(of_rows) u);
    select
        array_agg(s.session_id) filter (where u.session_id is null),
        array_agg(s.server) filter (where s.started_at < recent),
        array_agg(s.started_at) filter (where s.started_at < recent)
    into late, servers, moments
    from unnest(known) s
    left join unnest(untotalled) u (session_id) on u.session_id = s.session_id;
    if late is not null then
        perform fax.forget_totals(late);
    end if;
    if moments is not null then
        perform fax.forget_reconciliation(servers, moments, interval '1 day');
    end if;
    return inserted;
end
$$;
