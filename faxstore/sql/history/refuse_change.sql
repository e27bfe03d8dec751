-- Trigger of every append-only table: whoever asks, nothing that was appended is changed.
-- But for the erasure of personal values: a statement of a transaction that has put one on record goes on to the trigger
-- `only_erased`, which proves each row. A table without that trigger knows no exception.
create function fax.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'UPDATE'
       and exists (select from pg_trigger t where t.tgrelid = tg_relid and t.tgname = 'only_erased' and t.tgenabled = 'A')
       and exists (select from fax.erasure e where e.erased_at = transaction_timestamp())
    then
        return null;
    end if;
    raise exception 'fax.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.refuse_change() is 'Trigger: refuses UPDATE, DELETE and TRUNCATE of an append-only table.';
