-- Trigger of the history, for each row: admits an UPDATE only if it does nothing but erase personal values (fax.erases).
create function fax.check_erasure() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if fax.erases(row(old.*)::fax.observation, row(new.*)::fax.observation) then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
