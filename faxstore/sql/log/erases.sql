-- Whether a row differs from another in nothing but erased personal values: this transaction has recorded the erasure, and
-- the digests are stored, so that the row's leaf does not change.
create function fax.erases(before fax.observation, after fax.observation) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored fax.observation := after;
    plain jsonb := fax.plain_details(before.details);
    stored fax.erased_digest := (
        select row(d.*)::fax.erased_digest from fax.erased_digest d
        where d.session_id = before.session_id and d.position = before.position);
    current_salt bytea := (select k.salt from fax.session_salt k where k.session_id = before.session_id);
begin
    restored.file_name := before.file_name;
    restored.details := before.details;
    return restored is not distinct from before
       and fax.erasure_recorded(before.session_id, null, null)
       and (after.file_name is not distinct from before.file_name
            or (after.file_name is null
                and fax.personal_digest(current_salt, 'file_name', before.file_name) = stored.file_name))
       and (after.details is not distinct from before.details
            or (after.details = plain
                and fax.personal_digest(current_salt, 'details', before.details::text) = stored.details));
end
$$;
