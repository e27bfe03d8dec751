-- Trigger of the history, for each row: admits an UPDATE only if it does nothing but erase personal values, this
-- transaction has recorded the erasure, and the digests are stored, so that the row's leaf does not change.
create function fax.check_erasure() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
    plain jsonb := fax.plain_details(old.details);
    stored fax.erased_digest := (
        select row(d.*)::fax.erased_digest from fax.erased_digest d
        where d.session_id = old.session_id and d.position = old.position);
    current_salt bytea := (select k.salt from fax.session_salt k where k.session_id = old.session_id);
begin
    restored.file_name := old.file_name;
    restored.details := old.details;
    if restored is not distinct from old
       and fax.erasure_recorded(old.session_id, null, null)
       and (new.file_name is not distinct from old.file_name
            or (new.file_name is null and fax.personal_digest(current_salt, 'file_name', old.file_name) = stored.file_name))
       and (new.details is not distinct from old.details
            or (new.details = plain and fax.personal_digest(current_salt, 'details', old.details::text) = stored.details))
    then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
