-- Stores the first append of a spool. Raises serialization_failure if it is not the first: the spool and the database
-- differ in how many of its records were appended. fax.append() calls it under its lock.
create function fax.begin_spool(
    append_collector text, spool uuid, appended_before bigint, appended_after bigint, keys bigint[]
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    stored bigint := (select p.appended from fax.spool_progress p where p.spool_id = spool);
begin
    if appended_before > 0 or stored is not null then
        raise exception 'spool %: % of its records are in the database, the ingestor expected %',
            spool, coalesce(stored, 0), appended_before
        using errcode = 'serialization_failure';
    end if;
    insert into fax.spool_progress (spool_id, collector_id, appended, last_keys, appended_at)
    values (spool, append_collector, appended_after, keys, clock_timestamp());
end
$$;
