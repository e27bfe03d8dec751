-- Records that the file and the manifest of a batch were delivered.
-- example: select fax.export_delivered('default', 7);
create function fax.export_delivered(of_consumer text, of_batch bigint) returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into fax.export_delivery (consumer, batch) values (of_consumer, of_batch) on conflict do nothing
$$;
