-- Stores the coverage (fax.coverage_day) of up to `most` days that lack it (fax.uncovered_days), the newest first, and
-- returns their number: 0 if nothing is due. Coverage is stored up to a full hour, two hours late, when most evidence has
-- arrived. Takes the lock of all appenders, so that no evidence is appended meanwhile.
-- example: select fax.write_coverage(10);
create function fax.write_coverage(most integer default 1) returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    due fax.coverage_day[];
begin
    select array_agg(n.stored)
    into due
    from (
        select row(u.server, u.day, u.until, '{}')::fax.coverage_day as stored
        from fax.uncovered_days(date_trunc('hour', now() - interval '2 hours', 'UTC')) u
        order by u.day desc, u.server
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
