-- Trigger of append-only tables: refuses every change.
-- An UPDATE passes if its transaction has recorded an erasure and the table has the trigger check_erasure, which then
-- checks each row.
create function fax.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'UPDATE'
       and exists (select from pg_trigger t where t.tgrelid = tg_relid and t.tgname = 'check_erasure' and t.tgenabled = 'A')
       and exists (select from fax.erasure e where e.erased_at = transaction_timestamp())
    then
        return null;
    end if;
    raise exception 'fax.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;
