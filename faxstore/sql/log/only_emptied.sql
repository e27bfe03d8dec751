-- Trigger of fax.rejected_message for each row: a change is let through only where it empties the message, by an erasure
-- that this transaction has put on record.
create function fax.only_emptied() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
begin
    restored.raw := old.raw;
    if new.raw = '' and restored is not distinct from old and fax.erasing(null, old.server, old.observed_at) then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.only_emptied() is 'Trigger: refuses every UPDATE of rejected messages that does more than empty them.';
