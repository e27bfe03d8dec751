-- Deletes the stored coverage that evidence of servers may change. `since` and `till` are the time that each row of the
-- evidence says something about.
-- example: select fax.forget_coverage('{pbx1}', '{2026-11-23 14:00+00}', '{2026-11-23 15:00+00}');
create or replace function fax.forget_coverage(servers text[], since timestamptz[], till timestamptz[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    stored fax.coverage_day[] := array(
        select row(d.*)::fax.coverage_day from fax.coverage_day d
        where d.server = any (servers)
          and d.day between (select min(m)::date from unnest(since) m) and (select max(m)::date from unnest(till) m));
    outdated fax.coverage_day;
begin
    for outdated in
        select distinct d.* from unnest(stored) d
        join unnest(servers, since, till) n (server, since, till)
            on n.server = d.server and d.day >= n.since::date and d.day <= n.till::date and d.until >= n.since
        where not fax.has_dropped_evidence(d.day)
    loop
        delete from fax.coverage_day d where d.server = outdated.server and d.day = outdated.day;
    end loop;
end
$$;
