-- Creates the partitions of this month and the following ones. Migrations run it, and the ingestor once per day.
-- example: select * from fax.make_partitions_ahead(3);
create function fax.make_partitions_ahead(months integer default 3) returns setof text
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select fax.lock_append();
    select fax.make_partition(now() + n * interval '1 month') from generate_series(0, least(coalesce(months, 3), 120)) as n
$$;
