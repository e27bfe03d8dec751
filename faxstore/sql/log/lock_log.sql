-- Takes the lock of sealing and erasing until the end of the transaction. Appenders do not take it.
-- example: select fax.lock_log();
create function fax.lock_log() returns void
language sql
as $$
    select pg_advisory_xact_lock(4702394921427289929)
$$;
