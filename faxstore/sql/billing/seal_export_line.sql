-- Trigger of fax.export_line: sets salt and digests of each new line.
create function fax.seal_export_line() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.salt := uuid_send(gen_random_uuid());
    new.erased_at := null;
    new.personal_digest := fax.export_personal_digest(new);
    new.digest := fax.export_line_digest(new);
    return new;
end
$$;

create trigger seal before insert on fax.export_line for each row execute function fax.seal_export_line();
