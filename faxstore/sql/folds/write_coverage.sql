-- Stores the coverage of up to `most` days (fax.coverage_day) that are over, or whose stored part ends more than an hour
-- too early, the newest first, and returns their number: 0 if nothing is due. Coverage is stored two hours late, when most
-- evidence has arrived. Takes the lock of all appenders, so that no evidence is appended meanwhile.
-- A day of more than 20 years ago shows a wrong clock and is not stored.
-- example: select fax.write_coverage(10);
create function fax.write_coverage(most integer default 1) returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    storable_until timestamptz := date_trunc('hour', now() - interval '2 hours', 'UTC');
    due fax.coverage_day[];
begin
    select array_agg(n.stored)
    into due
    from (
        select row(s.server, t.day, t.until, '{}')::fax.coverage_day as stored
        from fax.polled_servers s
        cross join lateral generate_series(
            date_trunc('day', greatest(s.first_polled_at, now() - interval '20 years') at time zone 'UTC'),
            storable_until at time zone 'UTC' - interval '1 microsecond',
            interval '1 day') as g (began)
        cross join lateral (
            select g.began::date as day, least((g.began + interval '1 day') at time zone 'UTC', storable_until) as until
        ) t
        left join fax.coverage_day d on d.server = s.server and d.day = t.day
        where coalesce(d.until < t.until, true)
        order by t.day desc, s.server
        limit most
    ) n;
    if due is null then
        return 0;
    end if;
    perform fax.lock_append();
    insert into fax.coverage_day (server, day, until, covered)
    select d.server, d.day, d.until, fax.polled_time(d.server, d.day::timestamp at time zone 'UTC', d.until)
    from unnest(due) d
    on conflict (server, day) do update set until = excluded.until, covered = excluded.covered;
    return cardinality(due);
end
$$;
