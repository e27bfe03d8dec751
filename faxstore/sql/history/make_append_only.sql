-- Adds the append-only triggers to a table. Partitions do not inherit statement triggers, so each gets its own.
-- example: select fax.make_append_only('epoch');
create function fax.make_append_only(table_name text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format('create trigger append_only before update or delete or truncate on fax.%I '
                   'for each statement execute function fax.refuse_change()', table_name);
    execute format('alter table fax.%I enable always trigger append_only', table_name);
end
$$;
