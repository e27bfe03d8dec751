-- Takes the lock of all appenders until the end of the transaction, so that positions are in commit order.
-- Requires read committed: the statements after it must see what the previous holder committed.
-- example: select fax.lock_append();
create function fax.lock_append() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'fax.append() needs transaction isolation read committed, not %',
            current_setting('transaction_isolation');
    end if;
    perform pg_advisory_xact_lock(4702394921427289928);
end
$$;
