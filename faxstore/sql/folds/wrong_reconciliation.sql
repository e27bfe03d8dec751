-- The days within a period whose stored rows of fax.reconciliation are not those that their readings and sessions give
-- (except days that count deleted sessions),
-- and days with readings or stored rows that fax.reconciliation_day and fax.reading_series do not name. The period consists of whole
-- UTC days.
-- Runs with its owner's rights, so that it can be called without rights on the values.
-- example: select * from fax.wrong_reconciliation('2026-11-01 00:00+00', '2026-11-02 00:00+00');
create function fax.wrong_reconciliation(from_at timestamptz, to_at timestamptz)
returns table (server text, day date, problem text)
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    with stored as materialized (
        select d.server, d.day, d.since, d.day::timestamp at time zone 'UTC' as began, (d.day + 1)::timestamp at time zone 'UTC' as ends
        from fax.reconciliation_day d
        where d.since is not null and d.day >= (from_at at time zone 'UTC')::date and d.day < (to_at at time zone 'UTC')::date
    )
    select s.server, s.day, 'the stored comparisons with the server''s counters are not those of the readings and sessions'
    from stored s
    where not fax.counts_deleted(s.day, s.since) and exists (
        select
        from (
            select n.collector_id, n.from_at, n.to_at, n.restarted,
                   array[n.transmit_attempts, n.transmit_attempts_seen, n.receive_attempts, n.receive_attempts_seen,
                         n.attempts_missed, n.completed, n.completed_seen, n.failed, n.failed_seen] as counts,
                   1 as times
            from fax.compare_readings_between(s.server, s.began, s.ends) n
            where n.from_at is not null
            union all
            select r.collector_id, c.from_at, c.to_at, coalesce(c.restarted, false) as restarted,
                   coalesce(c.counts, array[
                         coalesce(c.transmit_attempts, 0), coalesce(c.transmit_attempts_seen, 0), coalesce(c.receive_attempts, 0),
                         coalesce(c.receive_attempts_seen, 0), coalesce(c.attempts_missed, 0), coalesce(c.completed, 0),
                         coalesce(c.completed_seen, 0), coalesce(c.failed, 0), coalesce(c.failed_seen, 0)]::bigint[]) as counts,
                   -1 as times
            from fax.reading_series r
            join fax.compared_reading c on c.series = r.series
            where r.server = s.server and c.to_at >= s.began and c.to_at < s.ends
        ) b
        group by b.collector_id, b.from_at, b.to_at, b.restarted, b.counts
        having sum(b.times) <> 0
    )
    union all
    select distinct h.server, h.day,
        'its readings are not in fax.reconciliation_day or fax.reading_series: fax.reconciliation does not show them'
    from (
        select n.server, n.collector_id, (n.observed_at at time zone 'UTC')::date as day, min(n.observed_at) as first_at
        from fax.server_history n
        where n.event = 'FAXStats' and n.observed_at >= from_at and n.observed_at < to_at
        group by 1, 2, 3
    ) h
    where not exists (select from fax.reconciliation_day d where d.server = h.server and d.day = h.day)
       or not exists (
           select from fax.reading_series s
           where s.server = h.server and s.collector_id = h.collector_id and s.first_at <= h.first_at)
    union all
    select c.server, c.day, 'has stored comparisons that fax.reconciliation_day does not name: fax.reconciliation shows them twice'
    from (
        select distinct r.server, (n.to_at at time zone 'UTC')::date as day
        from fax.compared_reading n
        join fax.reading_series r on r.series = n.series
        where n.to_at >= wrong_reconciliation.from_at and n.to_at < wrong_reconciliation.to_at
    ) c
    where not exists (select from stored s where s.server = c.server and s.day = c.day)
$$;
