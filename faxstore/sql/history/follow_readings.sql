-- Trigger of fax.server_history, after each INSERT: names the days and collectors of new FAXStats readings, and deletes
-- the stored comparisons that a reading or a start of the server may change.
create function fax.follow_readings() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from added a where a.event in ('FAXStats', 'FullyBooted', 'Load')) then
        return null;
    end if;
    update fax.reading_series s
    set first_at = a.observed_at
    from (
        select n.server, n.collector_id, min(n.observed_at) as observed_at
        from added n
        where n.event = 'FAXStats'
        group by n.server, n.collector_id
    ) a
    where s.server = a.server and s.collector_id = a.collector_id and s.first_at > a.observed_at;
    insert into fax.reading_series (server, collector_id, first_at)
    select a.server, a.collector_id, min(a.observed_at)
    from added a
    where a.event = 'FAXStats'
      and not exists (select from fax.reading_series s where s.server = a.server and s.collector_id = a.collector_id)
    group by a.server, a.collector_id;
    insert into fax.reconciliation_day (server, day)
    select distinct a.server, (a.observed_at at time zone 'UTC')::date
    from added a
    where a.event = 'FAXStats'
    on conflict do nothing;
    perform fax.forget_reconciliation(array_agg(a.server), array_agg(a.observed_at), interval '0')
    from added a
    where a.event in ('FAXStats', 'FullyBooted', 'Load');
    return null;
end
$$;
