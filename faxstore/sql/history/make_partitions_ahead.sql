-- Creates the partitions of today and the following days. Migrations run it, and the ingestor once per hour.
-- If the clock is set back to before the schema was created, fax.observation_past has the rows.
-- example: select * from fax.make_partitions_ahead(3);
create function fax.make_partitions_ahead(days integer default 3) returns setof text
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select fax.lock_append();
    select fax.make_partition(d.day)
    from (select now() + n * interval '1 day' as day from generate_series(0, least(coalesce(days, 3), 120)) as n) d
    where d.day >= fax.past_until()
$$;
