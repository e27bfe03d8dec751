-- Trigger of fax.rejected_message, for each row: admits an UPDATE only if it empties the message and this transaction
-- has recorded the erasure.
create function fax.check_rejected_erasure() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
begin
    restored.raw := old.raw;
    if new.raw = '' and restored is not distinct from old and fax.erasure_recorded(null, old.server, old.observed_at) then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
