-- Trigger of fax.export_line: admits an UPDATE only if it erases the personal values and their salt, once, and changes
-- nothing else.
create function fax.refuse_export_line_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    erased fax.export_line := old;
begin
    erased.caller_number := null;
    erased.called_number := null;
    erased.local_station_id := null;
    erased.remote_station_id := null;
    erased.salt := null;
    erased.erased_at := new.erased_at;
    if old.erased_at is null and new.erased_at is not null and new *= erased then
        return new;
    end if;
    raise exception 'fax.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;
