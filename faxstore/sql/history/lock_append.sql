-- One appender at a time: the lock lasts until the transaction ends, so that the order of positions is the order
-- of commits. A statement of its own, under read committed, so that what follows sees what the last holder wrote.
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

comment on function fax.lock_append() is 'Waits for the one lock of all appenders.';
