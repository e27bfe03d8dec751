-- Deletes the stored comparisons (fax.compared_reading) of the days that events may change: what happened on a server at a
-- moment, or within `reach` after it. `servers` and `moments` have an element for each event. Events of an hour are
-- handled as one.
-- The settings as of fax.append(): plans must not depend on statistics.
create function fax.forget_reconciliation(servers text[], moments timestamptz[], reach interval) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
    with changed as (
        select e.server, min(e.moment) as since, max(e.moment) + reach as until
        from unnest(servers, moments) e (server, moment)
        group by e.server, date_trunc('hour', e.moment, 'UTC')
    ),
    forgotten as (
        update fax.reconciliation_day d
        set since = null
        from changed c
        where d.server = c.server and d.day >= (c.since at time zone 'UTC')::date and d.since <= c.until
          and not fax.counts_deleted(d.day, d.since)
        returning d.server, d.day::timestamp at time zone 'UTC' as began, (d.day + 1)::timestamp at time zone 'UTC' as ends
    )
    delete from fax.compared_reading r
    using forgotten f
    join fax.reading_series s on s.server = f.server
    where r.series = s.series and r.to_at >= f.began and r.to_at < f.ends;
end
$$;
