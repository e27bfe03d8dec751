-- Takes the lock of all appenders until the end of the transaction, so that positions are in commit order.
-- Requires read committed: the statements after it must see what the previous holder committed.
-- Postgres replaces a call of this function by its body, which costs less than a call.
-- example: select fax.lock_append();
create function fax.lock_append() returns void
language sql
begin atomic
    select case when current_setting('transaction_isolation') = 'read committed'
                then pg_advisory_xact_lock(4702394921427289928) else fax.refuse_isolation() end;
end;
