-- Trigger of append-only tables: refuses every change, unless the table has a trigger that then checks each row.
-- check_erasure admits an UPDATE of a transaction that has recorded an erasure, check_pack an UPDATE of packs,
-- check_packed a DELETE of rows that are packed, check_dropped a DELETE of packs of a month that is archived, and
-- check_deleted a DELETE of digests of sessions that were deleted.
create function fax.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    checks text[] := array(
        select t.tgname::text from pg_trigger t where t.tgrelid = tg_relid and t.tgenabled = 'A');
begin
    if (tg_op = 'UPDATE' and 'check_erasure' = any (checks)
        and exists (select from fax.erasure e where e.erased_at = transaction_timestamp()))
       or (tg_op = 'UPDATE' and 'check_pack' = any (checks))
       or (tg_op = 'DELETE' and checks && array['check_packed', 'check_dropped', 'check_deleted'])
    then
        return null;
    end if;
    raise exception 'fax.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;
