-- Trigger of fax.erasure, for each row: admits an UPDATE only if (erased) replaces a part of the reason, and this
-- transaction has recorded an erasure.
create function fax.check_reason_erasure() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
begin
    restored.reason := old.reason;
    if restored is not distinct from old and new.reason like '%(erased)%' and fax.erasure_recorded(null, '', now()) then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
