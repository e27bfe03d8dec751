-- Trigger of tables whose rows have an ordinal, before each INSERT: takes the lock of all appenders, so that ordinals are
-- in commit order and the log can seal a run of them.
create function fax.order_rows() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fax.lock_append();
    return null;
end
$$;
