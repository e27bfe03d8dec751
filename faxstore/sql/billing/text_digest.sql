-- SHA-256 of a list of texts, encoded as a JSON array in UTF-8. Different lists never encode to the same bytes.
-- example: select fax.text_digest(array['a', null, 'b']);
create function fax.text_digest(texts text[]) returns bytea
language sql stable parallel safe
begin atomic
    select sha256(convert_to(array_to_json(texts)::text, 'UTF8'));
end;
