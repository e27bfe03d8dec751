-- Trigger of fax.erased_digest after a DELETE: refuses it unless the sessions are not in fax.session any more. Digests of
-- erased values prove rows; when faxstore retention has deleted a session, no row of it is left to prove.
create function fax.check_deleted() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from gone g join fax.session s on s.session_id = g.session_id) then
        raise exception 'fax.erased_digest is append-only: delete is refused while its session exists'
            using errcode = 'insufficient_privilege';
    end if;
    return null;
end
$$;
