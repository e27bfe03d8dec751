-- Raises an error that names the isolation of the transaction, which is not the one that fax.append() needs.
create function fax.refuse_isolation() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'fax.append() needs transaction isolation read committed, not %',
        current_setting('transaction_isolation');
end
$$;
