-- The roles. They belong to the whole cluster, so a second database of the same cluster finds them there.
-- fax_owner owns everything and cannot log in; fax_ingest may only append; fax_reader may only read.
-- fax_sealer may seal, verify and prove; fax_masked sees only what holds no personal value; fax_billing may enter prices;
-- fax_export may only make batches of the billing ledger, and read it.
-- A user of your own becomes one of them with: grant fax_ingest to my_user;
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
                null;  -- another database of the cluster has just made it
            end;
        end if;
    end loop;
    if not pg_has_role('fax_owner', 'usage') then
        execute format('grant fax_owner to %I', current_user);
    end if;
end
$$;
