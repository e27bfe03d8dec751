-- As in faxstore/sql/history/insert_rows.sql. What is known of the sessions is read first, so that each row is sent to the
-- node of its session only; and repeats are removed first, because the error of a node is no unique_violation here.
create or replace function fax.insert_rows(append_collector text, oldest timestamptz, rows fax.appended_row[]) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    base bigint;
    observer integer;
    inserted bigint;
    of_rows uuid[] := array(select distinct n.session_id from unnest(rows) n);
    newest timestamptz := (select max(n.observed_at) from unnest(rows) n);
    known uuid[];
    starts timestamptz[];
    known_servers text[];
    have_totals boolean[];
    stored text[];
    late uuid[];
    servers text[];
    moments timestamptz[];
    recent constant timestamptz := now() - interval '1 hour';
begin
    if cardinality(rows) = 0 then
        return 0;
    end if;
    with known_session as materialized (
        select * from fax.known_sessions(of_rows, oldest, newest)
    )
    select
        array_agg(k.session_id), array_agg(k.started_at), array_agg(k.server), array_agg(k.has_total),
        array(select fax.moment_key(s.session_id, m.moment)
              from known_session s cross join lateral unnest(s.moments) m (moment))
    into known, starts, known_servers, have_totals, stored
    from known_session k;
    stored := stored || array(
        select fax.moment_key(d.session_id, m.moment)
        from fax.dropped_session d cross join lateral unnest(d.moments) m (moment)
        where d.session_id = any (of_rows));
    rows := fax.rows_except(rows, stored);
    if cardinality(rows) = 0 then
        return 0;
    end if;
    of_rows := array(select distinct n.session_id from unnest(rows) n);
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
    join unnest(known, starts) s (session_id, started_at) on s.session_id = r.session_id;
    get diagnostics inserted = row_count;
    if inserted <> cardinality(rows) then
        raise exception 'a row names a session that was not registered' using errcode = 'foreign_key_violation';
    end if;
    if oldest < recent then
        perform fax.forget_coverage_of_rows(rows);
    end if;
    select
        array_agg(k.session_id) filter (where k.has_total),
        array_agg(k.server) filter (where k.started_at < recent),
        array_agg(k.started_at) filter (where k.started_at < recent)
    into late, servers, moments
    from unnest(known, starts, known_servers, have_totals) k (session_id, started_at, server, has_total)
    where k.session_id = any (of_rows);
    if late is not null then
        perform fax.forget_totals(late);
    end if;
    if moments is not null then
        perform fax.forget_reconciliation(servers, moments, interval '1 day');
    end if;
    return inserted;
end
$$;
