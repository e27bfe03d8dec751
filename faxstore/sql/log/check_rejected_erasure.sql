-- Trigger of fax.rejected_message, for each row: admits an UPDATE only if it empties the message, replaces the digest by
-- 16 bytes, which are random, and this transaction has recorded the erasure.
create function fax.check_rejected_erasure() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
begin
    restored.raw := old.raw;
    restored.digest := old.digest;
    if new.raw = '' and length(new.digest) = 16 and restored is not distinct from old
       and fax.erasure_recorded(null, old.server, old.observed_at) then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
