-- One who seals or erases at a time: the lock lasts until the transaction ends. Appenders do not take it.
create function fax.lock_log() returns void
language sql
as $$
    select pg_advisory_xact_lock(4702394921427289929)
$$;

comment on function fax.lock_log() is 'Waits for the one lock of all who seal or erase.';
