-- Bytes as the JSON that they contain; NULL if they contain anything else.
-- example: select fax.bytes_as_json(body) from fax.waiting_record;
create function fax.bytes_as_json(bytes bytea) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return convert_from(bytes, 'UTF8')::jsonb;
exception when data_exception or program_limit_exceeded or statement_too_complex then
    return null;
end
$$;
