-- Bytes as text in which to search for a number: JSON without its escapes, other UTF-8 as it is, else with each byte that
-- is not ASCII escaped.
-- example: select fax.bytes_as_text(raw) from fax.rejected_message;
create function fax.bytes_as_text(bytes bytea) returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(fax.bytes_as_json(bytes)::text, convert_from(bytes, 'UTF8'));
exception when data_exception then
    return replace(encode(bytes, 'escape'), '\', '\x');
end
$$;
