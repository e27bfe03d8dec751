-- Waits for a call of fax.pack_sessions() that is moving rows, and holds off the next one until the end of the transaction.
-- example: select fax.wait_for_packing();
create function fax.wait_for_packing() returns void
language sql
begin atomic
    select pg_advisory_xact_lock_shared(4702394921427289931);
end;
