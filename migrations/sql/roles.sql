-- The roles. They belong to the cluster, so they may exist before the database does.
--   fax_owner    owns everything; no login
--   fax_ingest   appends
--   fax_reader   reads
--   fax_masked   reads what contains no personal values
--   fax_sealer   seals, verifies and proves
--   fax_billing  enters prices
--   fax_export   makes batches of the billing ledger, and reads it
-- Grant one to a user with: grant fax_ingest to my_user;
do $$
declare
    role_name text;
begin
    perform pg_advisory_xact_lock(4702394921427289928);
    foreach role_name in array array[
        'fax_owner', 'fax_ingest', 'fax_reader', 'fax_sealer', 'fax_masked', 'fax_export', 'fax_billing'
    ] loop
        if not exists (select 1 from pg_roles where rolname = role_name) then
            begin
                execute format('create role %I nologin', role_name);
            exception when duplicate_object or unique_violation then
                null;  -- created concurrently by another database of the cluster
            end;
        end if;
    end loop;
    if not pg_has_role('fax_owner', 'usage') then
        execute format('grant fax_owner to %I', current_user);
    end if;
end
$$;
