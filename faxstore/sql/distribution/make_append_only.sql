-- Does nothing: fax.make_partition() calls it, and a distributed table has no triggers.
create or replace function fax.make_append_only(table_name text) returns void
language sql
as $$
    select
$$;
