-- Makes one table of the schema append-only. Statement triggers are not inherited: each partition gets its own.
create function fax.protect(table_name text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format('create trigger append_only before update or delete or truncate on fax.%I '
                   'for each statement execute function fax.refuse_change()', table_name);
    execute format('alter table fax.%I enable always trigger append_only', table_name);
end
$$;

comment on function fax.protect(text) is 'Makes a table append-only by trigger.';
