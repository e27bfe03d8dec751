-- Trigger of fax.server_history, for each row: admits an UPDATE only if (erased) replaces a part of headers, and this
-- transaction has recorded the erasure.
create function fax.check_server_erasure() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
begin
    restored.details := old.details;
    if restored is not distinct from old
       and fax.erasure_recorded(null, old.server, old.observed_at)
       and not exists (
           select from jsonb_each(new.details) e
           where e.value is distinct from old.details -> e.key and e.key || e.value::text not like '%(erased)%')
       and (new.details ?& array(select jsonb_object_keys(old.details))
            or exists (select from jsonb_object_keys(new.details) n (name) where n.name like '%(erased)%'))
    then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
