-- SHA-256 of the personal values of a line and its salt. Erasure deletes the salt with the values.
-- example: select fax.export_personal_digest(l) = l.personal_digest from fax.export_line l where erased_at is null;
create function fax.export_personal_digest(line fax.export_line) returns bytea
language sql stable parallel safe
as $$
    select fax.text_digest(array[
        encode(line.salt, 'hex'), line.caller_number, line.called_number, line.local_station_id, line.remote_station_id])
$$;
