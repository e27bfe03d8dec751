-- What proves the personal values of a line as long as they are there. The salt is erased with them.
create function fax.export_personal_digest(line fax.export_line) returns bytea
language sql stable parallel safe
as $$
    select fax.text_digest(array[
        encode(line.salt, 'hex'), line.caller_number, line.called_number, line.local_station_id, line.remote_station_id])
$$;

comment on function fax.export_personal_digest(fax.export_line) is 'SHA-256 of the salt and the personal values of a line of the billing ledger.';
