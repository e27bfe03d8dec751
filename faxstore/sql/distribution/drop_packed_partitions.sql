-- As in faxstore/sql/history/drop_packed_partitions.sql. A partition without rows is dropped once no reader uses it.
create or replace function fax.drop_packed_partitions() returns setof text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
begin
    return;
end
$$;
