-- Partitions for the months from now on; run by migrate, and by the ingestor each day.
-- example: select * from fax.make_partitions_ahead(3);
create function fax.make_partitions_ahead(months integer default 3) returns setof text
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select fax.lock_append();
    select fax.make_partition(now() + n * interval '1 month') from generate_series(0, least(coalesce(months, 3), 120)) as n
$$;

comment on function fax.make_partitions_ahead(integer) is 'Makes the partitions for this month and as many months ahead; returns their names.';
