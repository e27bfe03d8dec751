-- SHA-256 of texts, as the UTF-8 bytes of a JSON array of strings and nulls: no two lists of texts have the same bytes.
-- example: select fax.text_digest(array['a', null, 'b']);
create function fax.text_digest(texts text[]) returns bytea
language sql stable parallel safe
begin atomic
    select sha256(convert_to(array_to_json(texts)::text, 'UTF8'));
end;

comment on function fax.text_digest(text[]) is 'SHA-256 of a JSON array of texts.';
