-- Takes the lock of packing until the end of the transaction. An erasure takes it too, so that no pack is built meanwhile.
-- example: select fax.lock_packing();
create function fax.lock_packing() returns void
language sql
begin atomic
    select pg_advisory_xact_lock(4702394921427289931);
end;
